import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, MongoClient } from 'mongodb';
import { startMember } from '../../../scripts/dev/mongod/start.ts';
import { type TcpProxy, tcpProxy } from '../proxy/tcp-proxy.ts';
import type { Scope } from '../scope.ts';

/** What the set's configuration says of a member; what is left out is as MongoDB has it. */
export interface MemberSettings {
  readonly priority?: number;
  readonly votes?: number;
  readonly hidden?: boolean;
  readonly secondaryDelaySecs?: number;
  readonly tags?: Record<string, string>;
}

/** A mongod of a set, behind a proxy that every client and every other member has to take. */
export interface Member {
  readonly settings: MemberSettings;
  /** What the set and its clients call it: the address of its proxy. */
  readonly host: string;
  /** Its own port, for questions past the proxy. */
  readonly port: number;
  readonly proxy: TcpProxy;
  readonly pid: number;
  isRunning(): boolean;
  /** SIGSTOP: it stops answering without closing a connection, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; resolves when it answers. */
  restart(): Promise<void>;
  /** Runs a command of the database `admin` on this very member, past its proxy; rejects after `limit` milliseconds, by default 1,000. */
  ask(command: Document, limit?: number): Promise<Document>;
}

export interface MemberOptions {
  readonly binary: string;
  readonly settings: MemberSettings;
  readonly args: readonly string[];
  /** The processes whose connections to this member are told apart. */
  readonly openers: () => Iterable<number>;
}

/** Starts a member that belongs to no set yet. */
export async function startSetMember(scope: Scope, options: MemberOptions): Promise<Member> {
  const { binary, settings, args, openers } = options;
  const dataFolder = await mkdtemp(join(tmpdir(), 'rescind-test-'));
  scope.teardown(() => rm(dataFolder, { recursive: true, force: true, maxRetries: 3 }));
  let mongod = await startMember({ binary, dataFolder, args });
  scope.teardown(() => mongod.kill());
  const { port } = mongod;
  const proxy = await tcpProxy(scope, { target: () => port, openers });
  return {
    settings,
    host: `127.0.0.1:${proxy.port}`,
    port,
    proxy,
    get pid() {
      return mongod.pid;
    },
    isRunning: () => mongod.isRunning(),
    freeze: () => void process.kill(mongod.pid, 'SIGSTOP'),
    thaw: () => void process.kill(mongod.pid, 'SIGCONT'),
    kill: () => mongod.kill(),
    async restart() {
      mongod = await startMember({ binary, dataFolder, args, port });
    },
    ask: (command, limit = 1_000) => ask(port, command, limit),
  };
}

/** On a connection of its own, so that an answer never comes from before a break. */
async function ask(port: number, command: Document, limit: number): Promise<Document> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: limit,
    connectTimeoutMS: limit,
    socketTimeoutMS: limit,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}
