import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { MINUTE, SECOND, withTimeout } from '../../../lib/time.ts';
import { guard } from '../guard.ts';
import { endChild, ended, getPid, hasEnded, howEnded, spawnChild } from '../processes.ts';
import { freePort } from './free-port.ts';
import { type MongodLog, readLog } from './log.ts';
import { becomePrimary, replicaSetName } from './replica-set.ts';
import { PortTaken, startFailure } from './start-failure.ts';

const START_LIMIT = MINUTE;
const STOP_GRACE = 10 * SECOND;

/** Options of a mongod. By default, `port` is a free port. `args` are passed to mongod. */
export interface MongodOptions {
  binary: string;
  dataFolder: string;
  port?: number | undefined;
  /** Port of a proxy. Replaces `port` in the configuration of the set, so that clients connect through the proxy. */
  advertisedPort?: number | undefined;
  /** Memory for WiredTiger's cache in GiB. Default 0.25, the minimum. */
  cacheSize?: number;
  args?: readonly string[];
}

/** A running mongod. */
export interface MongodProcess {
  port: number;
  pid: number;
  /** Resolves when the mongod has ended, with its exit code or signal and its last log lines. */
  ended: Promise<string>;
  isRunning(): boolean;
  /** Ends the mongod with SIGTERM, and with SIGKILL if it still runs after 10 s. Further calls only wait. */
  stop(): Promise<void>;
  /** Kills the mongod (SIGKILL) to simulate a crash in fault tests. Its folder and port can be used again. */
  kill(): Promise<void>;
}

/** A mongod that is the writable primary of its one-node replica set. */
export interface Mongod extends MongodProcess {
  /** The connection string without a database; `withDatabase` adds a database. */
  uri: string;
}

/**
 * Starts a mongod on 127.0.0.1 as a one-node replica set and waits until it accepts writes. This takes
 * 0.6 s on an empty folder.
 *
 * @throws the errors of `startMember`, or Error if the mongod does not become primary within 60 s.
 */
export async function startMongod(options: MongodOptions): Promise<Mongod> {
  const mongod = await startMember(options);
  const host = `127.0.0.1:${options.advertisedPort ?? mongod.port}`;
  const gone = new AbortController();
  void mongod.ended.then(() => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(START_LIMIT)]);
  try {
    await becomePrimary(mongod.port, host, signal);
  } catch (cause) {
    await mongod.stop();
    const { binary, dataFolder } = options;
    const log = await mongod.ended;
    throw new Error(`${binary} did not become primary on ${dataFolder}: ${log}`, { cause });
  }
  return { ...mongod, uri: `mongodb://${host}/?replicaSet=${replicaSetName}` };
}

/**
 * Starts a mongod on 127.0.0.1, for a set that the caller initiates, and waits until the mongod listens. The mongod
 * never outlives this process. A Ctrl-C in the terminal does not reach the mongod, so the caller must stop it.
 *
 * @throws DataFolderInUse if another mongod uses the data folder, or Error with the log if the mongod does not start
 *   within 60 s. After an error, the mongod is not running.
 */
export async function startMember(options: MongodOptions): Promise<MongodProcess> {
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  for (let attemptsLeft = options.port === undefined ? 3 : 1; ; attemptsLeft--) {
    try {
      return await launch(options, options.port ?? (await freePort()));
    } catch (error) {
      // If another program has taken the port in the meantime, the next attempt uses another port.
      if (!(error instanceof PortTaken) || attemptsLeft === 1) throw error;
    }
  }
}

/** Adds a database to the path of a connection string. */
export function withDatabase(uri: string, database: string): string {
  return uri.replace('/?', `/${database}?`);
}

async function launch(options: MongodOptions, port: number): Promise<MongodProcess> {
  const child = spawnMongod(options, port);
  const log = readLog(child);
  try {
    await once(child, 'spawn');
    guard(child);
    await withTimeout(START_LIMIT, log.listening(), () => new Error('not in time'));
    return handle(child, port, log);
  } catch (cause) {
    const how = hasEnded(child) ? howEnded(child) : `not ready in ${START_LIMIT / 1000} s`;
    await endChild(child, STOP_GRACE);
    throw await startFailure(options, child, `(${how}):\n${await log.tail()}`, cause);
  }
}

function spawnMongod(options: MongodOptions, port: number): ChildProcess {
  const { binary, dataFolder, cacheSize = 0.25, args = [] } = options;
  const address = ['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'];
  const storage = ['--dbpath', dataFolder, '--wiredTigerCacheSizeGB', String(cacheSize)];
  const quiet = ['--setParameter', 'diagnosticDataCollectionEnabled=false'];
  const all = ['--replSet', replicaSetName, ...address, ...storage, ...quiet, ...args];
  // The mongod has its own session, so that a Ctrl-C does not stop the mongod before the server.
  return spawnChild(binary, all, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

function handle(child: ChildProcess, port: number, log: MongodLog): MongodProcess {
  let stopping: Promise<void> | undefined;
  return {
    port,
    pid: getPid(child),
    ended: ended(child).then(async () => `${howEnded(child)}\n${await log.tail()}`),
    isRunning: () => !hasEnded(child),
    stop() {
      stopping ??= endChild(child, STOP_GRACE);
      return stopping;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
