import { randomUUID } from 'node:crypto';
import test from 'ava';
import { Long, type Timestamp } from 'mongodb';
import type { FeedEvent } from '../../../../lib/store/followers/feed.ts';
import { createResumingFeed } from '../../../../lib/store/followers/resuming-feed.ts';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import { createRevocations } from '../../../../lib/store/revocations/revocations.ts';
import { migratedDatabase, openDatabase } from '../../../helpers/database.ts';
import { underFault } from '../../../helpers/failpoint.ts';
import type { Scope } from '../../../helpers/scope.ts';
import {
  count,
  createGate,
  readVersion,
  revokeSession,
  startFollower,
  until,
} from './open-follower.ts';

/** Opens a feed, and records what it applies. */
async function openRecordedFeed(t: Scope, db: Db) {
  const opened = createGate();
  const applied: FeedEvent[] = [];
  const positions: (readonly [before: Timestamp | undefined, after: Timestamp | undefined])[] = [];
  let before: Timestamp | undefined;
  const feed = createResumingFeed(db, {
    followerId: 'nobody',
    onOpen: opened.open,
    apply: () => {
      before = feed.position();
    },
    onApplied: (event) => {
      positions.push([before, feed.position()]);
      applied.push(event);
    },
    onInterruption: () => {},
    onLost: () => {},
  });
  t.teardown(feed.close);
  await opened.opened;
  return { feed, applied, positions };
}

function toSession(sessionId: string) {
  return { sessionId, userId: 'u', reason: 'test', revokedBy: 't' };
}

test('the cluster time of a revocation is that of its last event, while others write', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { applied } = await openRecordedFeed(t, db);
  const revocations = createRevocations(collections, createSchema(collections));
  let isOver = false;
  const insertOthers = async () => {
    while (!isOver) await db.collection('others').insertOne({});
  };
  const others = Promise.all([insertOthers(), insertOthers()]);
  const writes = {
    bulkWrite: () => revocations.revokeSessions([toSession(randomUUID()), toSession(randomUUID())]),
    findOneAndUpdate: () => revocations.revokeUser({ ...toSession('s'), userId: randomUUID() }),
    updateOne: () => revokeSession(db),
  };
  for (const [name, write] of Object.entries(writes)) {
    for (let n = 0; n < 10; n++) {
      const seen = applied.length;
      const { time } = await write();
      const events = name === 'bulkWrite' ? 2 : 1;
      await until('The events', () => applied.length >= seen + events);
      t.deepEqual(applied.at(-1)?.clusterTime, time, name);
    }
  }
  isOver = true;
  await others;
});

test('the position moves after each event was applied, also between the entries of one write', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const { applied, positions } = await openRecordedFeed(t, db);
  const revocations = createRevocations(collections, createSchema(collections));
  await revocations.revokeSessions([toSession('a'), toSession('b'), toSession('c')]);
  await until('The events', () => applied.length === 3);
  const times = applied.map(({ clusterTime }) => clusterTime);
  t.deepEqual(
    positions,
    times.map((time, n) => [times[n - 1], time]),
  );
  t.is(new Set(times.map(String)).size, 3, 'each entry has a cluster time of its own');
});

test.serial(
  'the cluster time of a write that the driver repeated is at or past its event',
  async (t) => {
    const { db, uri } = await migratedDatabase(t);
    const { applied } = await openRecordedFeed(t, db);
    const appName = `rescind-test-${randomUUID()}`;
    const writer = openDatabase(t, uri, { appName });
    const name = `session:${randomUUID()}`;
    const fault = {
      mode: { times: 1 },
      failCommands: ['update'],
      appName,
      writeConcernError: {
        code: 91,
        errmsg: 'shutting down',
        errorLabels: ['RetryableWriteError'],
      },
    } as const;
    const { time } = await underFault(fault, () => revokeSession(writer.db, name));
    await until('The event', () => applied.length === 1);
    const event = applied[0]?.clusterTime ?? Long.MAX_VALUE;
    t.true(time?.greaterThanOrEqual(event));
    const { writes } = (await writer.collections.revokedTokens.findOne({ _id: name })) ?? {};
    t.is(writes, 1, 'the first attempt was the write');
  },
);

/** Follows under a name of its own, so that a fault hits its feed alone. These tests take turns: there is one fault. */
async function startFailing(t: Scope, uri: string) {
  const appName = `rescind-test-${randomUUID()}`;
  const { db } = openDatabase(t, uri, { appName });
  return { ...(await startFollower(t, db)), appName };
}

for (const errorCode of [286, 280]) {
  test.serial(
    `a feed that the oplog refuses (${errorCode}) ends the registration, and the memory`,
    async (t) => {
      const { uri } = await migratedDatabase(t);
      const { follower, events, appName } = await startFailing(t, uri);
      const version = await readVersion(follower);
      const fault = { mode: { times: 1 }, failCommands: ['getMore'], appName, errorCode } as const;
      await underFault(fault, () =>
        until('A registration', () => count(events, 'registered') === 2),
      );
      await until('A lease', follower.holds);
      t.false(follower.isUnchanged('\0', version));
    },
  );
}

for (const [what, how] of Object.entries({
  'loses its connection': { closeConnection: true },
  'meets an election': { errorCode: 11602 },
  'lost its cursor': { errorCode: 43 },
})) {
  test.serial(`a feed that ${what} goes on where it was, and the memory stays`, async (t) => {
    const { uri, db } = await migratedDatabase(t);
    const { follower, events, appName } = await startFailing(t, uri);
    const version = await readVersion(follower);
    const name = `session:${randomUUID()}`;
    const fault = { mode: { times: 3 }, failCommands: ['getMore', 'aggregate'], appName, ...how };
    await underFault(fault, async () => follower.settle(await revokeSession(db, name), 60_000));
    t.false(follower.isUnchanged(toSlot('revoked_tokens', name), version));
    t.true(follower.isUnchanged(toSlot('revoked_tokens', 'session:other'), version));
    t.is(count(events, 'registered'), 1);
  });
}

test('a client with other values of BSON follows, too', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const { client } = openDatabase(t, uri).db;
  const odd = client.db(db.databaseName, {
    promoteBuffers: true,
    promoteValues: false,
    useBigInt64: false,
  });
  const { follower } = await startFollower(t, odd);
  const settled = await follower.settle(await revokeSession(odd), 60_000);
  t.like(settled, { followers: 1, reached: 1 });
});
