import { randomUUID } from 'node:crypto';
import test from 'ava';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { addUser } from '../../../helpers/users.ts';
import { holdableFeed, readVersion, revokeSession, startFollower, until } from './open-follower.ts';

const LOST: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'users dropped': (db) => db.dropCollection('users'),
  'users renamed': (db) => db.renameCollection('users', 'others'),
  'renamed onto users': async (db) => {
    await db.collection('copies').insertOne({ a: 1 });
    await db.renameCollection('copies', 'users', { dropTarget: true });
  },
  'renamed onto followers': async (db) => {
    await db.collection('copies').insertOne({ a: 1 });
    await db.renameCollection('copies', 'followers', { dropTarget: true });
  },
  'written onto clients by $out': async (db) => {
    await db.createCollection('copies'); // empty, as the validator of `clients` stays
    await db
      .collection('copies')
      .aggregate([{ $out: 'clients' }])
      .toArray();
  },
  'the sentinel deleted': (db) =>
    db.collection('revoked_tokens').deleteMany({ kind: 'deployment' }),
  'an entry with a number as its id': ({ client, databaseName }) =>
    client
      .db(databaseName)
      .collection<{ _id: number }>('users')
      .insertOne({ _id: 7 }, { bypassDocumentValidation: true }),
  'the database dropped': (db) => db.dropDatabase(),
};

for (const [name, lose] of Object.entries(LOST)) {
  test(`everything is out of date after: ${name}`, async (t) => {
    const { db } = await migratedDatabase(t);
    const { follower } = await startFollower(t, db);
    const version = await readVersion(follower);
    t.true(follower.isUnchanged('\0', version));
    await lose(db);
    await until('The change', () => !follower.isUnchanged('\0', version));
    t.pass();
  });
}

/** Changes of one user, of whatever kind. */
const CHANGES: readonly (readonly [
  what: string,
  change: (users: Collections['users'], _id: string) => Promise<unknown>,
])[] = [
  [
    'a role removed by a pipeline',
    (users, _id) =>
      users.updateOne({ _id }, [
        { $set: { roles: { $filter: { input: '$roles', cond: { $ne: ['$$this', 'admin'] } } } } },
      ]),
  ],
  [
    'a role removed by $pull',
    (users, _id) => users.updateOne({ _id }, { $pull: { roles: 'ops' } }),
  ],
  ['a field removed', (users, _id) => users.updateOne({ _id }, { $unset: { locale: 1 } })],
  [
    'a replacement',
    async (users, _id) => {
      const { _id: id, ...user } = (await users.findOne({ _id })) ?? { _id };
      await users.replaceOne({ _id: id }, { ...(user as never as object), name: 'New' } as never);
    },
  ],
  ['a deletion', (users, _id) => users.deleteOne({ _id })],
];

test('each change of a user is followed, and of this user alone', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const user = await addUser(collections, { roles: ['admin', 'ops', 'other'] });
  await db.collection('users').updateOne({ email: user.email }, { $set: { locale: 'en' } });
  const { follower } = await startFollower(t, db);
  const [mine, other] = [toSlot('users', user.id), toSlot('users', randomUUID())];
  for (const [what, change] of CHANGES) {
    const version = await readVersion(follower);
    t.true(follower.isUnchanged(mine, version), what);
    await change(collections.users, user.id);
    await until(what, () => !follower.isUnchanged(mine, version));
    t.true(follower.isUnchanged(other, version), what);
  }
});

test('deletions of entries are not delivered, however many', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const feed = holdableFeed(db);
  const { follower } = await startFollower(t, feed.db);
  const names = Array.from({ length: 50 }, () => `session:${randomUUID()}`);
  for (const name of names) await revokeSession(db, name);
  await collections.revokedTokens.deleteMany({ _id: { $in: names } });
  await follower.settle(await revokeSession(db), 60_000);
  const types = feed.events.map(({ ns, operationType }) => `${operationType} ${ns?.coll}`);
  t.is(types.filter((type) => type === 'insert revoked_tokens').length, 51);
  t.false(types.includes('delete revoked_tokens'));
});
