import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { guard } from '../dev/guard.ts';
import { freePort } from '../dev/mongod/free-port.ts';
import { endChild, hasEnded, howEnded, spawnChild } from '../dev/processes.ts';
import { BCRYPT_COST } from './fill-database.ts';
import { pinned } from './pinning.ts';
import { USUAL_ENTRIES } from './rows.ts';
import type { Stage } from './stage.ts';
import { keepStderrTail } from './stderr-tail.ts';

export interface RealServer {
  readonly port: number;
  stop(): Promise<void>;
}

const READY_LIMIT = 30_000;
const STOP_GRACE = 10_000;

/**
 * Starts server/main.js as `npm start` does, on all processors: its password threads are to use what the
 * server leaves.
 */
export async function startRealServer(stage: Stage, threads: number): Promise<RealServer> {
  const main = fileURLToPath(new URL('../../server/main.js', import.meta.url));
  const port = await freePort();
  const [command, ...args] = pinned(stage.pinning, 'all', [process.execPath, main]);
  const child = spawnChild(command as string, args, {
    env: environment(stage, port, threads),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  guard(child);
  const stderr = keepStderrTail(child);
  const server = { port, stop: () => endChild(child, STOP_GRACE) };
  for (const deadline = performance.now() + READY_LIMIT; !(await isReady(port)); ) {
    if (hasEnded(child)) throw new Error(`the server has ended (${howEnded(child)}):\n${stderr()}`);
    if (performance.now() > deadline) throw new Error('the server is not ready');
    await sleep(100);
  }
  return server;
}

function environment(stage: Stage, port: number, threads: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    MONGODB_URI: stage.databaseUri(USUAL_ENTRIES),
    JWT_SECRET_KEY: stage.secret,
    BCRYPT_COST: String(BCRYPT_COST),
    BCRYPT_THREADS: String(threads),
    SHUTDOWN_DELAY: '0s',
    // All come from one address here, and are counted as failures until they have succeeded.
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  };
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
