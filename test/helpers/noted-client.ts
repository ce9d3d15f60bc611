import { type Db, MongoClient } from 'mongodb';
import { type Collections, openCollections } from '../../lib/store/mongo/collections.ts';
import type { Scope } from './scope.ts';

export interface NotedClient {
  readonly db: Db;
  readonly collections: Collections;
  /** The commands that were sent, each as `<name> <collection>`, in their order; to be emptied at will. */
  readonly asked: string[];
  /** The read concern of each command that had one. */
  readonly levels: string[];
}

/** Commands of the driver itself. */
const OWN: ReadonlySet<string> = new Set(['hello', 'endSessions', 'ping']);

/** Connects a client of the test's own that records its commands. */
export async function notedClient(t: Scope, uri: string): Promise<NotedClient> {
  const client = new MongoClient(uri, { monitorCommands: true });
  t.teardown(() => client.close());
  const asked: string[] = [];
  const levels: string[] = [];
  client.on('commandStarted', ({ commandName, command }) => {
    if (!OWN.has(commandName)) asked.push(`${commandName} ${command[commandName]}`);
    const level = command['readConcern']?.level;
    if (level !== undefined) levels.push(level);
  });
  await client.connect();
  const db = client.db();
  return { db, asked, levels, collections: openCollections(db) };
}
