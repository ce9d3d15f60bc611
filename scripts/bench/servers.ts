import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from './environment.ts';
import { startChild } from './processes.ts';
import type { Row } from './rows.ts';
import { AUDIENCE, ISSUER } from './tokens.ts';

/** The environment variable BENCH_ROW of a server under test, as JSON. */
export interface RowOptions extends Row {
  readonly mongodbUri: string;
  readonly redisUrl: string | undefined;
  /** Its UTF-8 bytes are the HS256 key. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

/** The parts of the environment that the server of a row needs. */
export type ServerEnvironment = Pick<Environment, 'databaseUri' | 'redis' | 'secret' | 'pinning'>;

export type RowServer = Awaited<ReturnType<typeof startRowServer>>;

/** Folder of the peers. They have packages of their own, so that rescind runs with its own ones. */
export const PEERS = join('scripts', 'bench', 'peers');
const DIST = join('scripts', 'bench', 'dist');

/** Starts the server of a row on its own processor and waits until it listens. */
export async function startRowServer(
  row: Row,
  { databaseUri, redis, secret, pinning }: ServerEnvironment,
  execArgv: readonly string[] = [],
) {
  const mongodbUri = databaseUri(row.ownSessions ? `fresh_${randomUUID()}` : row.entries);
  const authority = { secret, issuer: ISSUER, audience: AUDIENCE };
  const options: RowOptions = { ...row, ...authority, mongodbUri, redisUrl: redis?.url };
  const file = row.peer ? join(PEERS, row.peer) : join(DIST, 'scripts/bench/rescind-server.js');
  const env = { NODE_ENV: 'production', BENCH_ROW: JSON.stringify(options) };
  const { receive, ask, ...server } = startChild(pinning, 'server', [...execArgv, file], env);
  const { port } = await receive<{ port: number }>();
  /** Makes sessions and returns them as header values: better-auth. */
  const seed = (count: number) =>
    ask<{ headers: readonly string[]; headerName: string }>({ seed: count });
  /** Reads processor time in microseconds, and memory in bytes. */
  const usage = () => ask<{ cpu: NodeJS.CpuUsage; memory: NodeJS.MemoryUsage }>({ cpu: true });
  /** Starts to profile rescind, or stops, and writes a .cpuprofile. */
  const startProfile = () => ask<object>({ profile: 'start' });
  const stopProfile = (path: string) => ask<object>({ profile: path });
  return { ...server, port, usage, seed, startProfile, stopProfile };
}
