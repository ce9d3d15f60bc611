import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { guard } from '../guard.ts';
import { endChild, ended, hasEnded, howEnded, pidOf, spawnChild } from '../processes.ts';
import { freePort } from './free-port.ts';
import { keepLogTail } from './log-tail.ts';
import { becomePrimary, replicaSetName } from './replica-set.ts';
import { PortTaken, startFailure } from './start-failure.ts';

const startLimit = 60_000;
const stopGrace = 10_000;

/** What to start. Without a port a free one is taken; `args` go to mongod as they are. */
export interface MongodOptions {
  binary: string;
  dataFolder: string;
  port?: number;
  /** Memory for WiredTiger's cache in GiB. Default 0.25, the least there is. */
  cacheSize?: number;
  args?: readonly string[];
}

/** A mongod that is the writable primary of its one-node replica set. */
export interface Mongod {
  /** Without a database in its path; `withDatabase` adds one. */
  uri: string;
  port: number;
  pid: number;
  /** Resolves when it has ended, whoever ended it, with how it ended and what it logged last. */
  ended: Promise<string>;
  /** Ends it as an operator does (SIGTERM, after 10 s SIGKILL). Calling it again is harmless. */
  stop(): Promise<void>;
  /** Ends it as a crash does (SIGKILL), for fault tests; the same folder and port start again. */
  kill(): Promise<void>;
}

/**
 * Starts a mongod on 127.0.0.1 as a one-node replica set and waits until it takes writes, 0.6 s on
 * an empty folder. It never outlives this process, and a Ctrl-C in the terminal does not reach it:
 * who started it stops it.
 *
 * @throws DataFolderInUse that names the process; another Error with what mongod logged when it
 *   does not start, or is not ready in 60 s. Nothing is left running then.
 */
export async function startMongod(options: MongodOptions): Promise<Mongod> {
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  for (let attemptsLeft = options.port === undefined ? 3 : 1; ; attemptsLeft--) {
    try {
      return await launch(options, options.port ?? (await freePort()));
    } catch (error) {
      // Another program may have taken the free port in the meantime.
      if (!(error instanceof PortTaken) || attemptsLeft === 1) throw error;
    }
  }
}

/** The same URI with a database in its path. */
export function withDatabase(uri: string, database: string): string {
  return uri.replace('/?', `/${database}?`);
}

async function launch(options: MongodOptions, port: number): Promise<Mongod> {
  const child = spawnMongod(options, port);
  const log = keepLogTail(child);
  try {
    await primary(child, port);
    return handle(child, port, log);
  } catch (cause) {
    const how = hasEnded(child) ? howEnded(child) : `not ready in ${startLimit / 1000} s`;
    await endChild(child, stopGrace);
    throw await startFailure(options, child, `(${how}):\n${await log()}`, cause);
  }
}

function spawnMongod(options: MongodOptions, port: number): ChildProcess {
  const { binary, dataFolder, cacheSize = 0.25, args = [] } = options;
  const address = ['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'];
  const storage = ['--dbpath', dataFolder, '--wiredTigerCacheSizeGB', String(cacheSize)];
  const quiet = ['--setParameter', 'diagnosticDataCollectionEnabled=false'];
  const all = ['--replSet', replicaSetName, ...address, ...storage, ...quiet, ...args];
  // In a session of its own, so that a Ctrl-C does not stop it before the server that uses it.
  return spawnChild(binary, all, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function primary(child: ChildProcess, port: number): Promise<void> {
  await once(child, 'spawn');
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  guard(child);
  await becomePrimary(
    port,
    pidOf(child),
    AbortSignal.any([gone.signal, AbortSignal.timeout(startLimit)]),
  );
}

function handle(child: ChildProcess, port: number, log: () => Promise<string>): Mongod {
  let stopping: Promise<void> | undefined;
  return {
    uri: `mongodb://127.0.0.1:${port}/?replicaSet=${replicaSetName}`,
    port,
    pid: pidOf(child),
    ended: ended(child).then(async () => `${howEnded(child)}\n${await log()}`),
    stop() {
      stopping ??= endChild(child, stopGrace);
      return stopping;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
