import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { settings } from '../../server/config/settings.ts';
import { freePort } from '../dev/mongod/free-port.ts';
import { waitFor } from '../dev/wait-for.ts';
import type { Environment } from './environment.ts';
import { startChild } from './processes.ts';
import { type Row, USUAL_ENTRIES } from './rows.ts';
import { AUDIENCE, BCRYPT_COST, ISSUER } from './tokens.ts';

/** The environment variable BENCH_ROW of a server under test, as JSON. */
export interface RowOptions extends Row {
  readonly mongodbUri: string;
  readonly redisUrl: string | undefined;
  /** Its UTF-8 bytes are the HS256 key. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

export type RowServer = Awaited<ReturnType<typeof startRowServer>>;

/** Folder of the peers. They have packages of their own, so that rescind runs with its own ones. */
export const PEERS = join('scripts', 'bench', 'peers');
const DIST = join('scripts', 'bench', 'dist');

/** Number of password threads of a server with default settings. */
export const PASSWORD_THREADS = settings.BCRYPT_THREADS.parse(undefined);

const READY_LIMIT = 30_000;

/** Starts the server of a row on its own processor and waits until it listens. */
export async function startRowServer(
  row: Row,
  { databaseUri, redis, secret, pinning }: Environment,
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
  return { ...server, port, usage, seed };
}

/**
 * Starts server/main.js as `npm start` does, and waits until it is ready. It and all others use all processors
 * from then on, since its password threads use what the server leaves.
 */
export async function startRealServer({ pinning, databaseUri, secret, unpin }: Environment) {
  await unpin();
  const port = await freePort();
  const server = startChild(pinning, 'all', [join(DIST, 'server/main.js')], {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: `${port}`,
    MONGODB_URI: databaseUri(USUAL_ENTRIES),
    JWT_SECRET_KEY: secret,
    BCRYPT_COST: `${BCRYPT_COST}`,
    BCRYPT_THREADS: `${PASSWORD_THREADS}`,
    SHUTDOWN_DELAY: '0s',
    // All logins come from one address, and count as failures until they succeed.
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  });
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  const ready = waitFor('the server', isReady, { timeout: READY_LIMIT });
  await Promise.race([ready, server.gone]).catch(async (error) => {
    await server.stop();
    throw error;
  });
  return { ...server, port };
}
