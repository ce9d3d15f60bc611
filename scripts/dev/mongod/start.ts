import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { guard } from '../guard.ts';
import { endChild, ended, hasEnded, howEnded, pidOf, spawnChild } from '../processes.ts';
import { freePort } from './free-port.ts';
import { keepLogTail } from './log-tail.ts';
import { becomePrimary, isAnswering, replicaSetName } from './replica-set.ts';
import { PortTaken, startFailure } from './start-failure.ts';

const startLimit = 60_000;
const stopGrace = 10_000;

/** What to start. Without a port a free one is taken; `args` go to mongod as they are. */
export interface MongodOptions {
  binary: string;
  dataFolder: string;
  port?: number;
  /** The port of a proxy in front of it: the set names that one, so that all clients go through it. */
  advertisedPort?: number;
  /** Memory for WiredTiger's cache in GiB. Default 0.25, the least there is. */
  cacheSize?: number;
  args?: readonly string[];
}

/** A mongod that runs. */
export interface MongodProcess {
  port: number;
  pid: number;
  /** Resolves when it has ended, whoever ended it, with how it ended and what it logged last. */
  ended: Promise<string>;
  isRunning(): boolean;
  /** Ends it as an operator does (SIGTERM, after 10 s SIGKILL). Calling it again is harmless. */
  stop(): Promise<void>;
  /** Ends it as a crash does (SIGKILL), for fault tests; the same folder and port start again. */
  kill(): Promise<void>;
}

/** A mongod that is the writable primary of its one-node replica set. */
export interface Mongod extends MongodProcess {
  /** Without a database in its path; `withDatabase` adds one. */
  uri: string;
}

/** Resolves when the mongod that listens on this port, with this pid, is as it has to be. */
type Ready = (port: number, pid: number, signal: AbortSignal) => Promise<void>;

/**
 * Starts a mongod on 127.0.0.1 as a one-node replica set and waits until it takes writes, 0.6 s on
 * an empty folder. It never outlives this process, and a Ctrl-C in the terminal does not reach it:
 * who started it stops it.
 *
 * @throws DataFolderInUse that names the process; another Error with what mongod logged when it
 *   does not start, or is not ready in 60 s. Nothing is left running then.
 */
export async function startMongod(options: MongodOptions): Promise<Mongod> {
  const advertised = (port: number) => options.advertisedPort ?? port;
  const started = await start(options, (port, pid, signal) =>
    becomePrimary(port, { pid, signal, host: `127.0.0.1:${advertised(port)}` }),
  );
  const uri = `mongodb://127.0.0.1:${advertised(started.port)}/?replicaSet=${replicaSetName}`;
  return { ...started, uri };
}

/**
 * Starts a mongod like `startMongod`, as a member of a set that the caller initiates: it is only waited
 * for until it answers.
 */
export function startMember(options: MongodOptions): Promise<MongodProcess> {
  return start(options, (port, pid, signal) => isAnswering(port, { pid, signal }));
}

/** The same URI with a database in its path. */
export function withDatabase(uri: string, database: string): string {
  return uri.replace('/?', `/${database}?`);
}

async function start(options: MongodOptions, ready: Ready): Promise<MongodProcess> {
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  for (let attemptsLeft = options.port === undefined ? 3 : 1; ; attemptsLeft--) {
    try {
      return await launch(options, options.port ?? (await freePort()), ready);
    } catch (error) {
      // Another program may have taken the free port in the meantime.
      if (!(error instanceof PortTaken) || attemptsLeft === 1) throw error;
    }
  }
}

async function launch(options: MongodOptions, port: number, ready: Ready): Promise<MongodProcess> {
  const child = spawnMongod(options, port);
  const log = keepLogTail(child);
  try {
    await untilReady(child, port, ready);
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

async function untilReady(child: ChildProcess, port: number, ready: Ready): Promise<void> {
  await once(child, 'spawn');
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  guard(child);
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(startLimit)]);
  await ready(port, pidOf(child), signal);
}

function handle(child: ChildProcess, port: number, log: () => Promise<string>): MongodProcess {
  let stopping: Promise<void> | undefined;
  return {
    port,
    pid: pidOf(child),
    ended: ended(child).then(async () => `${howEnded(child)}\n${await log()}`),
    isRunning: () => !hasEnded(child),
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
