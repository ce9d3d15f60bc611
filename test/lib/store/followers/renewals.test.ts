import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Timestamp } from 'mongodb';
import { createRenewals } from '../../../../lib/store/followers/renewals.ts';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import {
  count,
  createGate,
  holdableFeed,
  interceptRenewals,
  type OpenFollower,
  readVersion,
  revokeSession,
  SHORT,
  startFollower,
  until,
} from './open-follower.ts';

const MINE = 'session:mine';
const OTHER = 'session:other';

type Opened = Pick<OpenFollower, 'follower'>;

/** Returns the time by the monotonic clock at which the lease ends; too early if the process stood still meanwhile. */
function earliestEnd({ follower }: Opened): number {
  const now = performance.now();
  return now + follower.status().leaseLeft;
}

/** Returns the same, but too late if the process stood still meanwhile. */
function latestEnd({ follower }: Opened): number {
  const { leaseLeft } = follower.status();
  return leaseLeft + performance.now();
}

/** The difference of two times of which the wall clock gives whole milliseconds. */
const ROUNDING = 2;

test('the lease counts from before the renewal was sent', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const sending = createGate();
  const gate = createGate();
  let wanted = 0;
  const followers = interceptRenewals(collections.followers, async (write, nth) => {
    if (nth === wanted) {
      sending.open();
      await gate.opened; // as in a pool without a free connection
    }
    return write();
  });
  const it = await startFollower(t, db, { collections: { followers } });
  await until('The first renewal', async () => collections.followers.findOne({ renewals: 2 }));
  wanted = 3;
  await revokeSession(db);
  await sending.opened;
  const sent = performance.now();
  await until('Some time', () => performance.now() > sent + 100);
  gate.open();
  await until('The renewal', () => count(it.events, 'renewed') === 3);
  const { lease } = (await collections.followers.findOne()) ?? { lease: 0 };
  t.true(earliestEnd(it) <= sent + lease + ROUNDING);
});

test('a renewal that is acknowledged and does not arrive extends no lease; then the feed is resumed', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const feed = holdableFeed(db);
  const it = await startFollower(t, feed.db, { lease: SHORT });
  await until('The first renewal', () => count(it.events, 'renewed') === 2);
  const version = await readVersion(it.follower);
  const end = latestEnd(it);
  feed.hold();
  const last = feed.events.at(-1);
  const { renewals } = (await collections.followers.findOne()) ?? { renewals: 0 };
  await revokeSession(db, OTHER); // the held feed has fetched it when it is closed
  const more = { renewals: { $gte: renewals + 2 } };
  await until('Acknowledged renewals', () => collections.followers.findOne(more));
  t.true(earliestEnd(it) <= end + ROUNDING);
  t.true(it.follower.isUnchanged(toSlot('revoked_tokens', OTHER), version));
  await until('A resumption', () => feed.resumedAfter.length === 2);
  feed.release();
  await until(
    'The revocation',
    () => !it.follower.isUnchanged(toSlot('revoked_tokens', OTHER), version),
  );
  await until('A lease', it.follower.holds);
  t.deepEqual(feed.resumedAfter, [undefined, last?._id]);
  t.true(it.follower.isUnchanged(toSlot('revoked_tokens', MINE), version), 'memory is kept');
  t.is(count(it.events, 'registered'), 1);
});

test('a renewal that hangs is given up, and one that lands late moves no lease back', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const gate = createGate();
  const landed = createGate();
  const followers = interceptRenewals(collections.followers, async (write, nth) => {
    if (nth !== 3) return write();
    await gate.opened;
    const result = await write();
    landed.open();
    return result;
  });
  const it = await startFollower(t, db, { lease: SHORT, collections: { followers } });
  await until('Renewals after it', () => count(it.events, 'renewed') >= 4);
  await until('A lease', it.follower.holds);
  const end = latestEnd(it);
  gate.open();
  await landed.opened;
  await until('A renewal that is newer', () => earliestEnd(it) > end + ROUNDING);
  t.is(count(it.events, 'registered'), 1);
});

test('a renewal that matches nothing ends the registration, even if the deletion is not delivered', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const feed = holdableFeed(db);
  const it = await startFollower(t, feed.db, { lease: SHORT });
  feed.hold();
  await collections.followers.deleteMany({});
  await until('A second feed', () => feed.resumedAfter.length === 2);
  feed.release();
  await until('A registration', () => count(it.events, 'registered') === 2);
  t.deepEqual(feed.resumedAfter.slice(0, 2), [undefined, undefined], 'it began anew');
});

test('a renewal has the position of the last of the changes that arrive one soon after the other', async (t) => {
  let position = new Timestamp({ t: 1, i: 0 });
  const written: number[] = [];
  const renewals = createRenewals({
    id: 'id',
    duration: 60_000,
    gap: () => 0,
    position: () => position,
    documents: {
      async renew(_id, reached) {
        written.push(reached?.t ?? 0);
        return true;
      },
    },
    onAcknowledged: () => undefined,
    onFailure: (error) => t.fail(String(error)),
    onGone: () => t.fail(),
  });
  t.teardown(renewals.stop);
  renewals.start();
  await until('The first renewal', () => written.length === 1);
  await setImmediate(); // until its acknowledgement was noted
  await stat('.'); // no timer runs between an answer of the system and the immediates after it
  for (const seconds of [2, 3]) {
    position = new Timestamp({ t: seconds, i: 0 });
    renewals.changed();
    await setImmediate(); // the next answer of the database brings the second
  }
  await until('The next renewal', () => written.length === 2);
  t.deepEqual(written, [1, 3]);
});
