import test from 'ava';
import { openFollowers } from '../../../../lib/store/followers/followers.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import { createStrictReads } from '../../../../lib/store/mongo/strict-reads.ts';
import { migratedDatabase, openDatabase } from '../../../helpers/database.ts';
import {
  createGate,
  interceptRenewals,
  LONG,
  openFollower,
  startFollower,
  until,
} from './open-follower.ts';

test('a stopped follower deletes its document, and does not come back', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower } = await startFollower(t, db);
  await follower.stop();
  t.false(follower.holds());
  t.is(await collections.followers.countDocuments(), 0);
  follower.start();
  t.is(await follower.read(async () => 1), undefined);
});

test('a follower that is stopped before it registers never does', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const strictReads = createStrictReads(db);
  t.teardown(strictReads.stop);
  const gate = createGate();
  const deployment = () => gate.opened.then(strictReads.deployment);
  const { follower } = openFollower(t, db, { strictReads: { deployment } });
  follower.start();
  const stopped = follower.stop();
  gate.open();
  await stopped;
  t.is(await collections.followers.countDocuments(), 0);
  t.false(follower.holds());
});

/** Wraps the collection so that the insert of the document is done and then held until `release`. */
function holdInsert(collection: Collections['followers']) {
  const inserting = createGate();
  const held = createGate();
  const followers = interceptRenewals(collection, async (write, nth) => {
    const result = await write();
    inserting.open();
    if (nth === 1) await held.opened;
    return result;
  });
  return { followers, inserting: inserting.opened, release: held.open };
}

test('a follower that is stopped while it inserts its document deletes it', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { followers, inserting, release } = holdInsert(collections.followers);
  const { follower } = openFollower(t, db, { collections: { followers } });
  follower.start();
  await inserting;
  t.is(await collections.followers.countDocuments(), 1);
  const stopped = follower.stop();
  release();
  await stopped;
  await until('The deletion', async () => (await collections.followers.countDocuments()) === 0);
  t.false(follower.holds());
});

test('registering again and again leaves no listener behind', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { follower, events } = openFollower(t, db);
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  follower.start();
  for (let registrations = 1; registrations <= 12; registrations++) {
    await until(
      'A registration',
      () => events.filter(({ type }) => type === 'registered').length >= registrations,
    );
    await collections.followers.deleteMany({});
  }
  t.deepEqual(warnings, []);
});

test('closing while `startNow` waits for the lease ends the follower', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { db, collections } = openDatabase(t, uri);
  const held = holdInsert(collections.followers);
  const options = { follow: 'auto', lease: LONG, deadline: 60_000, onEvent: () => {} } as const;
  const withHeld: Collections = { ...collections, followers: held.followers };
  const followers = openFollowers(db, withHeld, options);
  const started = followers.startNow(60_000);
  await held.inserting;
  const closed = followers.close();
  held.release();
  await started;
  await closed;
  await until('The deletion', async () => (await collections.followers.countDocuments()) === 0);
  t.pass();
});
