import { type Document, MongoClient } from 'mongodb';
import { startMember } from '../../../scripts/dev/mongod/start.ts';
import { type BreakableMongod, findTestMongod, keepMongod } from '../mongod.ts';
import { emptyFolder } from '../processes.ts';
import { type TcpProxy, tcpProxy } from '../proxy/tcp-proxy.ts';
import type { Scope } from '../scope.ts';

/** Settings of a member in the set's configuration; MongoDB's defaults for the others. */
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
  /** Runs a command of the database `admin` past the proxy; rejects after `limit` milliseconds, by default 1,000. */
  ask(command: Document, limit?: number): Promise<Document>;
}

/** Starts a member that belongs to no set yet. */
export async function startSetMember(
  scope: Scope,
  settings: MemberSettings,
  args: readonly string[],
): Promise<Member> {
  const options = { binary: await findTestMongod(), dataFolder: emptyFolder(scope), args };
  const mongod = await keepMongod(scope, (port) => startMember({ ...options, port }));
  const proxy = await tcpProxy(scope, { target: () => mongod.port });
  const host = `127.0.0.1:${proxy.port}`;
  return Object.assign(mongod, { settings, proxy, host, ask });

  /** Takes a connection of its own, so that an answer never comes from before a break. */
  async function ask(command: Document, limit = 1_000): Promise<Document> {
    const client = new MongoClient(`mongodb://127.0.0.1:${mongod.port}/`, {
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
}
