/** Profiles of rescind's thread under load: what bounds the figure of a row. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { randomly } from '../generator/requests.ts';
import { keepBusy, warmUpRow } from '../measurement.ts';
import type { Profile } from '../results.ts';
import { findRow } from '../rows.ts';
import { startRowServer } from '../servers.ts';
import { type CpuProfile, summarizeProfile } from './profile-summary.ts';

const ROWS_PROFILED = ['following', 'whole'];
const [DURATION, QUICK_DURATION] = [5_000, 2_000];

/** Profiles rescind with known tokens and 50 connections. Writes a .cpuprofile for each row beside the results. */
export async function profileRows(environment: Environment) {
  const profiles: Profile[] = [];
  for (const id of ROWS_PROFILED) profiles.push(await profileRow(id, environment));
  return { profiles };
}

async function profileRow(id: string, environment: Environment): Promise<Profile> {
  const { quick, out } = environment.plan;
  const row = findRow(id);
  await using server = await startRowServer(row, environment);
  const { hot } = await warmUpRow(row, server, environment);
  await server.startProfile();
  await keepBusy(server.port, randomly(hot), quick ? QUICK_DURATION : DURATION);
  const path = join(out, `${id}.cpuprofile`);
  await server.stopProfile(path);
  const profile: CpuProfile = JSON.parse(await readFile(path, 'utf8'));
  return { row: id, ...summarizeProfile(profile) };
}
