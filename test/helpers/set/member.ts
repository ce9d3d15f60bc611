import { type Document, MongoClient } from 'mongodb';
import { startMember } from '../../../scripts/dev/mongod/start.ts';
import { type BreakableMongod, keepMongod } from '../mongod.ts';
import { emptyFolder } from '../processes.ts';
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
export interface Member extends BreakableMongod {
  readonly settings: MemberSettings;
  /** The address of its proxy, by which the set and its clients know it. */
  readonly host: string;
  readonly proxy: TcpProxy;
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
  const { settings, openers, ...mongodOptions } = options;
  const all = { ...mongodOptions, dataFolder: emptyFolder(scope) };
  const mongod = await keepMongod(scope, (port) => startMember({ ...all, port }));
  const { port } = mongod;
  const proxy = await tcpProxy(scope, { target: () => port, openers });
  return Object.assign(mongod, {
    settings,
    proxy,
    host: `127.0.0.1:${proxy.port}`,
    ask: (command: Document, limit = 1_000) => ask(port, command, limit),
  });
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
