import { setTimeout as pause } from 'node:timers/promises';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import type { ArenaServer } from '../helpers/faults.ts';
import { type RunningProcess, SERVER, start } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { send } from '../helpers/server.ts';
import type { Server } from './requests.ts';

/** A server that runs as a process of its own, on a port that it keeps. */
export interface ServerUnderFire extends Server, ArenaServer {}

/** How every server of the proof is set, whatever the fault. */
export const SETTINGS = {
  REQUEST_DEADLINE: '2s',
  ACCESS_TOKEN_TTL: '2h',
  REFRESH_GRACE: '10m',
  MAX_SESSIONS: '1000',
  BCRYPT_COST: '10',
  LOG_LEVEL: 'warn',
} as const;

/** The same for the library in this process, but for what only a server has. */
export const OPTIONS = {
  accessTokenTtl: 2 * HOUR,
  refreshGrace: 10 * MINUTE,
  maxSessions: 1_000,
  bcryptCost: 10,
} as const;

/** Starts a server; it ends with its owner. Whether it can serve is for `ready` to tell. */
export async function startServer(
  owner: Scope,
  name: string,
  environment: Record<string, string>,
): Promise<ServerUnderFire> {
  const PORT = String(await freePort());
  const env = { ...SETTINGS, ...environment, HOST: '127.0.0.1', PORT };
  const url = `http://127.0.0.1:${PORT}`;
  const launch = () => start(owner, process.execPath, [SERVER], { env });
  let running: RunningProcess | undefined = launch();
  return {
    name,
    url,
    get pid() {
      return running?.pid ?? Number.NaN;
    },
    isRunning: () => running !== undefined,
    async kill() {
      running?.kill('SIGKILL');
      await running?.finished;
      running = undefined;
    },
    async restart() {
      running = launch();
      await waitFor('A server that listens', () => send(`${url}/livez`));
    },
  };
}

/** Waits until every server says that it can serve. Throws with what it said last where it takes over a minute. */
export async function ready(servers: readonly Server[]): Promise<void> {
  const until = performance.now() + MINUTE;
  for (const server of servers) {
    for (let missing = await missingOf(server); missing; missing = await missingOf(server)) {
      if (performance.now() > until) throw new Error(`${server.name} is not ready: ${missing}`);
      await pause(50);
    }
  }
}

/** What keeps a server from serving, as it says itself; undefined where nothing does. */
async function missingOf({ url }: Server): Promise<string | undefined> {
  try {
    const { status, body } = await send(`${url}/readyz`);
    return status === 200 ? undefined : JSON.stringify(body);
  } catch (error) {
    return (error as Error).message;
  }
}
