import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import {
  type Mongod,
  type MongodOptions,
  startMongod,
  withDatabase,
} from '../../scripts/dev/mongod/start.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { type TcpProxy, tcpProxy } from './proxy/tcp-proxy.ts';
import type { Scope } from './scope.ts';

export interface OwnMongodOptions {
  /** Default: a temporary folder. One that is given is left as it is in the end. */
  readonly dataFolder?: string;
  /** More arguments for mongod. */
  readonly args?: readonly string[];
}

export interface OwnMongod {
  /** With the database `rescind` in its path. */
  readonly uri: string;
  /** Where its data is, for as long as the test runs. */
  readonly dataFolder: string;
  isRunning(): boolean;
  /** Stops answering without closing a connection, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

/** A mongod of the test's own, to do harm to. It ends with the test. */
export async function ownMongod(t: Scope, options: OwnMongodOptions = {}): Promise<OwnMongod> {
  return keep(t, await complete(t, options));
}

/** The same, behind a proxy that every client has to take. */
export async function proxiedMongod(
  t: Scope,
  options: OwnMongodOptions = {},
): Promise<OwnMongod & { readonly proxy: TcpProxy }> {
  const started = await complete(t, options);
  const port = await freePort();
  const proxy = await tcpProxy(t, { target: () => port });
  const mongod = await keep(t, { ...started, port, advertisedPort: proxy.port });
  return { ...mongod, proxy };
}

async function complete(t: Scope, options: OwnMongodOptions): Promise<MongodOptions> {
  const binary = await findMongod(process.env, silentReport);
  const dataFolder = options.dataFolder ?? (await temporaryFolder(t));
  return { binary, dataFolder, args: ['--oplogSize', '64', ...(options.args ?? [])] };
}

async function temporaryFolder(t: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rescind-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

async function keep(t: Scope, options: MongodOptions): Promise<OwnMongod> {
  let mongod: Mongod = await startMongod(options);
  t.teardown(() => mongod.kill());
  return {
    uri: withDatabase(mongod.uri, 'rescind'),
    dataFolder: options.dataFolder,
    isRunning: () => mongod.isRunning(),
    freeze: () => void process.kill(mongod.pid, 'SIGSTOP'),
    thaw: () => void process.kill(mongod.pid, 'SIGCONT'),
    kill: () => mongod.kill(),
    async restart() {
      mongod = await startMongod({ ...options, port: mongod.port });
    },
  };
}
