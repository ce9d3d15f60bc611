import test from 'ava';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import type { Collections, FollowerDocument } from '../../../../lib/store/mongo/collections.ts';
import { migratedDatabase, openDatabase } from '../../../helpers/database.ts';
import { followerDocument } from '../../../helpers/followers.ts';
import {
  count,
  holdableFeed,
  LONG,
  openFollower,
  readVersion,
  revokeSession,
  SHORT,
  startFollower,
  until,
} from './open-follower.ts';

/** Adds the document of a follower that never renews it. */
async function addGone(
  { followers }: Collections,
  fields: Partial<FollowerDocument> = {},
): Promise<void> {
  await followers.insertOne(followerDocument({ _id: 'gone', lease: 300, ...fields }));
}

test('a change is settled once every follower has it', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const name = 'session:mine';
  const slots = toSlot('revoked_tokens', name);
  const feed = holdableFeed(openDatabase(t, uri).db);
  const a = await startFollower(t, db);
  const b = await startFollower(t, feed.db);
  const versions = [await readVersion(a.follower), await readVersion(b.follower)] as const;
  feed.hold();
  const revoked = await revokeSession(db, name);
  let isSettled = false;
  const settling = a.follower.settle(revoked, 60_000).finally(() => {
    isSettled = true;
  });
  await until('The change at one of them', () => !a.follower.isUnchanged(slots, versions[0]));
  await t.throwsAsync(a.follower.settle(revoked, 200), { code: 'store_unavailable' });
  t.false(isSettled);
  t.true(b.follower.isUnchanged(slots, versions[1]));
  feed.release();
  t.like(await settling, { followers: 2, reached: 2, silent: [] });
  t.false(b.follower.isUnchanged(slots, versions[1]));
});

test('a process that does not follow waits for those that do', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const { follower } = await startFollower(t, db);
  const version = await readVersion(follower);
  const other = openDatabase(t, uri);
  const { settle } = openFollower(t, other.db).follower;
  const settled = await settle(await revokeSession(other.db, 'session:mine'), 60_000);
  t.like(settled, { followers: 1, reached: 1 });
  t.false(follower.isUnchanged(toSlot('revoked_tokens', 'session:mine'), version));
});

test('a follower that is gone is waited for by the lease in its document, not by the own one', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower, events } = await startFollower(t, db, { lease: SHORT });
  await addGone(collections, { lease: 1.5 * SHORT });
  const settled = await follower.settle(await revokeSession(db), 60_000);
  const silent = [{ id: 'gone', host: 'nowhere', version: 'test' }];
  t.like(settled, { followers: 2, reached: 1, silent });
  t.like(
    events.find(({ type }) => type === 'settled'),
    { reached: 1, silent },
  );
  t.true(settled.duration >= 1.1 * 1.5 * SHORT);
});

test('a wait that does not end in time fails and names who is silent, and the revocation stands', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower, events } = await startFollower(t, db);
  await addGone(collections, { lease: LONG });
  const revoked = await revokeSession(db, 'session:mine');
  await t.throwsAsync(follower.settle(revoked, 50), { code: 'store_unavailable' });
  t.truthy(await collections.revokedTokens.findOne({ _id: 'session:mine' }));
  t.is(count(events, 'settled'), 0);
  const [unsettled] = events.filter((event) => event.type === 'unsettled');
  t.deepEqual(
    unsettled?.silent.map(({ id }) => id),
    ['gone'],
  );
});

test('the document of a follower that is gone is deleted by those who revoke', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower } = await startFollower(t, db);
  await addGone(collections);
  const others = async () => (await collections.followers.countDocuments()) - 1;
  while ((await others()) > 0) await follower.settle(await revokeSession(db), 60_000);
  t.like(await follower.settle(await revokeSession(db), 60_000), { followers: 1, reached: 1 });
});

test('a follower deletes the document of one that is gone soon after it registers', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await addGone(collections, { renewed_at: new Date(Date.now() - SHORT) });
  await startFollower(t, db, { lease: SHORT });
  await until('The deletion', async () => (await collections.followers.countDocuments()) === 1);
  t.pass();
});
