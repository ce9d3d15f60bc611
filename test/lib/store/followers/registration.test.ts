import test from 'ava';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import {
  count,
  createGate,
  holdableFeed,
  interceptRenewals,
  openFollower,
  readVersion,
  SHORT,
  startFollower,
  until,
} from './open-follower.ts';

test('a server is registered once its own insert has come back through the feed', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const feed = holdableFeed(db);
  const { follower, events } = openFollower(t, feed.db);
  feed.hold();
  follower.start();
  await until('The insert', () => collections.followers.findOne());
  t.false(follower.holds());
  t.is(count(events, 'registered'), 0);
  t.is(await follower.read(async () => 1), undefined);
  feed.release();
  await until('A lease', follower.holds);
  await until('A registration', () => count(events, 'registered') === 1);
  t.like(await follower.read(async () => 1), { found: 1 });
});

test('an insert that does not arrive within a lease is deleted, and another one made', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const feed = holdableFeed(db);
  const { follower } = openFollower(t, feed.db, { lease: SHORT });
  feed.hold();
  follower.start();
  const first = await until('The insert', () => collections.followers.findOne());
  const isGone = async () => (await collections.followers.findOne({ _id: first._id })) === null;
  await until('The deletion', isGone);
  feed.release();
  await until('A lease', follower.holds);
  t.is(await collections.followers.countDocuments(), 1);
});

test('an insert that lands after its registration is over is deleted', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const gate = createGate();
  const landed = createGate();
  const followers = interceptRenewals(collections.followers, async (write, nth) => {
    if (nth > 1) return write();
    await gate.opened;
    const result = await write();
    landed.open();
    return result;
  });
  const { follower } = openFollower(t, db, { lease: SHORT, collections: { followers } });
  follower.start();
  await until('A second registration', follower.holds);
  gate.open();
  await landed.opened;
  await until('The deletion', async () => (await collections.followers.countDocuments()) === 1);
  t.pass();
});

test('a follower whose document was deleted forgets everything and registers anew', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower, events } = await startFollower(t, db);
  const version = await readVersion(follower);
  const [before] = await collections.followers.find().toArray();
  await collections.followers.deleteMany({});
  await until('A registration', () => count(events, 'registered') === 2);
  const [after] = await collections.followers.find().toArray();
  t.not(before?._id, after?._id);
  t.false(follower.isUnchanged(toSlot('revoked_tokens', 'session:a'), version));
});

test('a read that began before a registration is not remembered', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower, events } = await startFollower(t, db);
  const gate = createGate();
  const reading = follower.read(() => gate.opened);
  await collections.followers.deleteMany({});
  await until('A registration', () => count(events, 'registered') === 2);
  gate.open();
  t.false(follower.isUnchanged('\0', (await reading)?.version ?? -1));
  t.true(follower.isUnchanged('\0', await readVersion(follower)));
});
