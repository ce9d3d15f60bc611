import test from 'ava';
import { type Document, MongoClient } from 'mongodb';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import type { Scope } from '../../../helpers/scope.ts';
import { holdableFeed, openFollower, revokeSession, startFollower } from './open-follower.ts';

/** Connects a client, and records the read concern of each `find` on a collection. */
async function watchedClient(t: Scope, uri: string) {
  const client = await new MongoClient(uri, { monitorCommands: true }).connect();
  t.teardown(() => client.close());
  const concerns: (readonly [collection: string, readConcern: Document])[] = [];
  client.on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'find') concerns.push([command['find'], { ...command['readConcern'] }]);
  });
  return { db: client.db(), concerns };
}

test('a read that may be remembered is a majority read at the position, and at nothing else', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { db, concerns } = await watchedClient(t, uri);
  const feed = holdableFeed(db);
  const { follower } = await startFollower(t, feed.db);
  await follower.settle(await revokeSession(db), 60_000);
  feed.hold(); // so that the position stays
  await db.collection('others').insertOne({}); // the client has seen a later time
  concerns.length = 0;
  await follower.read((options) => openCollections(db).users.findOne({}, options));
  const afterClusterTime = feed.events.at(-1)?.clusterTime;
  t.deepEqual(concerns, [['users', { level: 'majority', afterClusterTime }]]);
});

test('who revokes reads the followers at a majority, after the write', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { db, concerns } = await watchedClient(t, uri);
  const { follower } = openFollower(t, db);
  const revoked = await revokeSession(db);
  await db.collection('others').insertOne({});
  await follower.settle(revoked, 60_000);
  const read = { level: 'majority', afterClusterTime: revoked.time };
  t.deepEqual(concerns, [['followers', read]]);
});
