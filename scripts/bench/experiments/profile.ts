/** Profiles of rescind's thread under load: what bounds the figure of a row. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { randomly } from '../generator/requests.ts';
import { keepBusy, warmUpRow } from '../measurement.ts';
import type { Profile } from '../results.ts';
import { findRow, type Measure } from '../rows.ts';
import { startRowServer } from '../servers.ts';
import { type CpuProfile, summarizeProfile } from './profile-summary.ts';

/** The rows that have a target of their own, by the kinds of requests that it is about. */
const PROFILED = [
  { id: 'following', pattern: 'hot' },
  { id: 'following', pattern: 'cold' },
  { id: 'whole', pattern: 'hot' },
  { id: 'introspect', pattern: 'introspection' },
] as const;
const DURATION = 3_000;

/** Profiles rescind with 50 connections. Writes a .cpuprofile for each profile beside the results. */
export async function profileRows(environment: Environment) {
  const profiles: Profile[] = [];
  for (const { id, pattern } of PROFILED) profiles.push(await profileRow(id, pattern, environment));
  return { profiles };
}

async function profileRow(id: string, pattern: Measure['pattern'], environment: Environment) {
  const row = findRow(id);
  await using server = await startRowServer(row, environment);
  const requests = await warmUpRow(row, server, environment);
  const source = pattern === 'cold' ? requests.cold : randomly(requests[pattern]);
  await server.startProfile();
  await keepBusy(server.port, source, DURATION);
  const path = join(environment.plan.out, `${id}-${pattern}.cpuprofile`);
  await server.stopProfile(path);
  const profile: CpuProfile = JSON.parse(await readFile(path, 'utf8'));
  return { row: id, pattern, ...summarizeProfile(profile) };
}
