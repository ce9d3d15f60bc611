import { type Document, MongoClient } from 'mongodb';
import { startMember } from '../../../scripts/dev/mongod/start.ts';
import { findTestMongod, keepMongod } from '../mongod.ts';
import { emptyFolder } from '../processes.ts';
import type { OpenRelay } from '../proxy/connection.ts';
import { tcpProxy } from '../proxy/tcp-proxy.ts';
import type { Scope } from '../scope.ts';

/** Settings of a member in the set's configuration; MongoDB's defaults for the others. */
export interface MemberSettings {
  readonly priority?: number;
  readonly votes?: number;
  readonly hidden?: boolean;
  readonly secondaryDelaySecs?: number;
}

const ARGS = ['--oplogSize', '64', '--setParameter', 'enableTestCommands=1'];

/** A mongod of a set, behind a proxy that every client and every other member has to take. */
export type Member = Awaited<ReturnType<typeof startSetMember>>;

/** Starts a member that belongs to no set yet. */
export async function startSetMember(
  scope: Scope,
  settings: MemberSettings,
  relay: OpenRelay | undefined,
) {
  const options = { binary: await findTestMongod(), dataFolder: emptyFolder(scope), args: ARGS };
  const mongod = await keepMongod(scope, (port) => startMember({ ...options, port }));
  const proxy = await tcpProxy(scope, { target: () => mongod.port, ...(relay && { relay }) });
  /** The address by which the set and its clients know it. */
  const host = `127.0.0.1:${proxy.port}`;
  return Object.assign(mongod, { settings, proxy, host, ask });

  /**
   * Runs a command of the database `admin` past the proxy; rejects after `limit` milliseconds. Takes a
   * connection of its own, so that an answer never comes from before a break.
   */
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
