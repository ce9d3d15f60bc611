/** Two servers on one database, each a process of its own. */
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { SERVER, start } from '../helpers/processes.ts';
import { createCommandTap } from '../helpers/proxy/command-tap.ts';
import type { Scope } from '../helpers/scope.ts';
import { type Answer, send } from '../helpers/server.ts';
import { ownReplicaSet, type ReplicaSetOptions } from '../helpers/set/replica-set.ts';
import { openLibrary } from './library.ts';
import type { Server } from './requests.ts';

/** Environment of every server, whatever the fault: the options of the library, but for the deadline. */
export const SETTINGS = {
  FOLLOW: 'off' as string,
  REQUEST_DEADLINE: '2s',
  ACCESS_TOKEN_TTL: '2h',
  REFRESH_GRACE: '10m',
  MAX_SESSIONS: '1000',
  BCRYPT_COST: '10',
  LOG_LEVEL: 'warn',
} as const;

/** Environment of the servers under faults, whose lease is 727 ms: the longest for this deadline. */
export const FOLLOWING = { FOLLOW: 'auto' } as const;

export type Environment = Readonly<Record<string, string>>;

export type SetDeployment = Awaited<ReturnType<typeof openSetDeployment>>;

/** Migrates the database and starts two servers on it; resolves when they are ready. */
export async function openDeployment(scope: Scope, uri: string, environment: Environment = {}) {
  const { library, servers } = await openServers(scope, uri, [environment, environment]);
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error('Two servers were to start');
  return { library, servers: [first, second] as const };
}

/** Migrates the database and starts a server with each environment on it; resolves when they are ready. */
export async function openServers(scope: Scope, uri: string, environments: readonly Environment[]) {
  const secret = generateSecret();
  const library = await openLibrary(scope, uri, secret);
  const common = { MONGODB_URI: uri, JWT_SECRET_KEY: secret };
  const servers: OwnServer[] = [];
  for (const [index, environment] of environments.entries()) {
    const name = String.fromCharCode('A'.charCodeAt(0) + index);
    servers.push(await startServer(scope, name, { ...common, ...environment }));
  }
  await ready(servers);
  return { library, servers, secret };
}

/** Starts a replica set, and two servers on it. */
export async function openSetDeployment(
  scope: Scope,
  environment: Environment = {},
  options: ReplicaSetOptions = {},
) {
  const tap = createCommandTap();
  const set = await ownReplicaSet(scope, { openRelay: tap.openRelay, ...options });
  return { set, tap, ...(await openDeployment(scope, set.uri, environment)) };
}

export type OwnServer = Awaited<ReturnType<typeof startServer>>;

/** Starts a server on a port of its own, which may not be ready yet when this resolves. */
export async function startServer(scope: Scope, name: string, environment: Environment) {
  const PORT = String(await freePort());
  const env = { ...SETTINGS, ...environment, HOST: '127.0.0.1', PORT };
  const url = `http://127.0.0.1:${PORT}`;
  const launch = () => start(scope, process.execPath, [SERVER], { env });
  let running: ReturnType<typeof launch> | undefined = launch();
  return {
    name,
    url,
    get pid() {
      return running?.pid ?? Number.NaN;
    },
    /** It may act on what it remembers. */
    follows: (environment['FOLLOW'] ?? SETTINGS.FOLLOW) === 'auto',
    isRunning: () => running !== undefined,
    /** SIGSTOP: it accepts connections, and answers nothing until `thaw`. */
    freeze: () => void running?.kill('SIGSTOP'),
    thaw: () => void running?.kill('SIGCONT'),
    /** SIGTERM; resolves when it has ended. */
    async stop() {
      running?.kill('SIGTERM');
      await running?.finished;
      running = undefined;
    },
    /** SIGKILL. */
    async kill() {
      running?.kill('SIGKILL');
      await running?.finished;
      running = undefined;
    },
    /** Starts it again; resolves when it listens. */
    async restart() {
      running = launch();
      await waitFor('A server that listens', () => send(`${url}/livez`));
    },
  };
}

/** Waits until every server is ready by its `/readyz`. */
export async function ready(servers: readonly Pick<Server, 'url'>[]): Promise<void> {
  await untilReady('A server that is ready', servers, () => true);
}

/** Waits until every server is ready and may act on what it remembers. */
export async function leased(servers: readonly Pick<Server, 'url'>[]): Promise<void> {
  await untilReady('A lease', servers, ({ lease }) => lease.detail.startsWith('The lease holds'));
}

async function untilReady(
  what: string,
  servers: readonly Pick<Server, 'url'>[],
  isEnough: (checks: Answer['body']) => boolean,
): Promise<void> {
  for (const { url } of servers) {
    await waitFor(what, async () => {
      const { status, body } = await send(`${url}/readyz`);
      if (status === 200 && isEnough(body.checks)) return true;
      throw new Error(`${url}: ${JSON.stringify(body)}`);
    });
  }
}
