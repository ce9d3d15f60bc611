import { MongoClient } from 'mongodb';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import type { Scope } from './scope.ts';

/** Commands of the driver itself. */
const OWN: ReadonlySet<string> = new Set(['hello', 'endSessions', 'ping']);

/** Connects a client of the test's own that records its commands. */
export async function notedClient(t: Scope, uri: string) {
  const client = new MongoClient(uri, { monitorCommands: true });
  t.teardown(() => client.close());
  /** The commands that were sent, each as `<name> <collection>`, in their order; to be emptied at will. */
  const asked: string[] = [];
  /** The read concern of each command that had one. */
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
