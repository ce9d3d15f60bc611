import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { replicaSetName } from '../../scripts/dev/mongod/replica-set.ts';
import {
  type MongodOptions,
  type MongodProcess,
  startMongod,
} from '../../scripts/dev/mongod/start.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { emptyFolder } from './processes.ts';
import type { OpenRelay } from './proxy/connection.ts';
import { tcpProxy } from './proxy/tcp-proxy.ts';
import type { Scope } from './scope.ts';

export interface OwnMongodOptions {
  /** Stands between the two ends of each connection through the proxy, if there is one. */
  readonly openRelay?: OpenRelay | undefined;
  /** Default: a temporary folder. One that is given is left as it is in the end. */
  readonly dataFolder?: string;
  /** More arguments for mongod. */
  readonly args?: readonly string[];
}

/** A mongod to do harm to. */
export type OwnMongod = Awaited<ReturnType<typeof ownMongod>>;

let found: Promise<string> | undefined;

/** Finds the mongod that tests run, once a process. */
export function findTestMongod(): Promise<string> {
  found ??= findMongod(process.env, silentReport);
  return found;
}

/** Starts a mongod that ends with its scope, and can be started again. */
export async function keepMongod(scope: Scope, start: (port?: number) => Promise<MongodProcess>) {
  let mongod = await start();
  scope.teardown(() => mongod.kill());
  return {
    port: mongod.port,
    get pid() {
      return mongod.pid;
    },
    isRunning: () => mongod.isRunning(),
    /** SIGSTOP: it stops answering without closing a connection, until `thaw`. */
    freeze: () => void process.kill(mongod.pid, 'SIGSTOP'),
    thaw: () => void process.kill(mongod.pid, 'SIGCONT'),
    /** SIGKILL. */
    kill: () => mongod.kill(),
    /** Starts it again on the same data and port; resolves when it is as it was after its start. */
    async restart(): Promise<void> {
      mongod = await start(mongod.port);
    },
  };
}

/** Starts a mongod of the test's own, a set of one node that takes writes, with `rescind` in its URI. */
export async function ownMongod(
  scope: Scope,
  { dataFolder = emptyFolder(scope), args = [] }: OwnMongodOptions = {},
  ports: Pick<MongodOptions, 'port' | 'advertisedPort'> = {},
) {
  const binary = await findTestMongod();
  const options = { binary, dataFolder, args: ['--oplogSize', '64', ...args], ...ports };
  const mongod = await keepMongod(scope, (port = ports.port) => startMongod({ ...options, port }));
  const host = `127.0.0.1:${ports.advertisedPort ?? mongod.port}`;
  const uri = `mongodb://${host}/rescind?replicaSet=${replicaSetName}`;
  return Object.assign(mongod, { uri, dataFolder });
}

/** Starts the same behind a proxy that every client has to take. */
export async function proxiedMongod(scope: Scope, options: OwnMongodOptions = {}) {
  const port = await freePort(); // chosen before the mongod starts, because the mongod connects to itself through the proxy
  const { openRelay: relay } = options;
  const proxy = await tcpProxy(scope, { target: () => port, ...(relay && { relay }) });
  const mongod = await ownMongod(scope, options, { port, advertisedPort: proxy.port });
  return Object.assign(mongod, { proxy });
}
