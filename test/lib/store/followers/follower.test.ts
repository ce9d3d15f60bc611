import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { FollowerEvent } from '../../../../lib/store/followers/events.ts';
import { createFollower } from '../../../../lib/store/followers/follower.ts';
import { toSlot } from '../../../../lib/store/followers/versions.ts';
import { writeTimed } from '../../../../lib/store/mongo/causal-reads.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import { createStrictReads } from '../../../../lib/store/mongo/strict-reads.ts';
import { revokeSessionUpdate } from '../../../../lib/store/revocations/entry-updates.ts';
import { migratedDatabase, openDatabase } from '../../../helpers/database.ts';
import type { Scope } from '../../../helpers/scope.ts';

const LEASE = 1_000;

async function follower(t: Scope, uri: string) {
  const { db, collections } = openDatabase(t, uri);
  const strictReads = createStrictReads(db);
  const events: FollowerEvent[] = [];
  const it = createFollower({
    db,
    collections,
    schema: createSchema(collections, strictReads),
    strictReads,
    lease: LEASE,
    deadline: 5_000,
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  t.teardown(async () => {
    await it.stop();
    strictReads.stop();
  });
  it.start();
  while (!it.holds()) await pause();
  return { it, events, db, collections };
}

function revokeSession(db: Db, { revokedTokens }: Collections, _id = `session:${randomUUID()}`) {
  const update = revokeSessionUpdate({
    sessionId: _id,
    userId: 'u',
    reason: 'test',
    revokedBy: 't',
  });
  return writeTimed(db.client, (session) =>
    revokedTokens.updateOne({ _id }, update, { upsert: true, session }),
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test('a change is settled once every follower has it', async (t) => {
  const { uri } = await migratedDatabase(t);
  const a = await follower(t, uri);
  const b = await follower(t, uri);
  const name = `session:${randomUUID()}`;
  const slots = [toSlot('revoked_tokens', name)];
  const reads = [];
  for (const { it, collections } of [a, b]) {
    reads.push(
      await it.read((options) => collections.revokedTokens.findOne({ _id: name }, options)),
    );
  }
  t.deepEqual(
    reads.map((read) => read?.found),
    [null, null],
  );
  t.true(a.it.isUnchanged(slots, reads[0]?.version ?? -1));
  const settled = await a.it.settle(await revokeSession(a.db, a.collections, name), 5_000);
  t.is(settled.followers, 2);
  t.is(settled.reached, 2);
  t.false(a.it.isUnchanged(slots, reads[0]?.version ?? -1));
  t.false(b.it.isUnchanged(slots, reads[1]?.version ?? -1));
});

test('a follower whose document was deleted forgets everything and registers anew', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { it, events, collections } = await follower(t, uri);
  const version = (await it.read(async () => undefined))?.version ?? -1;
  const [before] = await collections.followers.find().toArray();
  await collections.followers.deleteMany({});
  while (events.filter(({ type }) => type === 'registered').length < 2) await pause();
  while (!it.holds()) await pause();
  const [after] = await collections.followers.find().toArray();
  t.not(before?._id, after?._id);
  t.false(it.isUnchanged([0], version));
});

const LOST: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'users dropped': (db) => db.dropCollection('users'),
  'users renamed': (db) => db.renameCollection('users', 'others'),
  'renamed onto users': async (db) => {
    await db.collection('copies').insertOne({ a: 1 });
    await db.renameCollection('copies', 'users', { dropTarget: true });
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
  'the database dropped': (db) => db.dropDatabase(),
};

for (const [name, lose] of Object.entries(LOST)) {
  test(`everything is out of date after: ${name}`, async (t) => {
    const { uri } = await migratedDatabase(t);
    const { it, db } = await follower(t, uri);
    const version = (await it.read(async () => undefined))?.version ?? -1;
    t.true(it.isUnchanged([0], version));
    await lose(db);
    while (it.isUnchanged([0], version)) await pause();
    t.pass();
  });
}

test('a stopped follower deletes its document, and does not come back', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { it, collections } = await follower(t, uri);
  await it.stop();
  t.false(it.holds());
  t.is(await collections.followers.countDocuments(), 0);
  it.start();
  t.is(await it.read(async () => 1), undefined);
});

test('the document of a follower that is gone is deleted, and then nobody waits for it', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { it, db, collections } = await follower(t, uri);
  await collections.followers.insertOne({
    _id: 'gone',
    lease: 300,
    position: null,
    began: { wall: 0, mono: 0 },
    renewals: 1,
    host: 'nowhere',
    version: 'test',
    renewed_at: new Date(),
  });
  const settled = await it.settle(await revokeSession(db, collections), 5_000);
  t.is(settled.reached, 1);
  t.true(settled.duration >= 330);
  while ((await collections.followers.countDocuments()) > 1) {
    await it.settle(await revokeSession(db, collections), 5_000);
  }
  t.deepEqual(
    await it.settle(await revokeSession(db, collections), 5_000).then((s) => s.followers),
    1,
  );
});
