import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import type { Binary, Document } from 'mongodb';
import { isReady, migrate, planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { findSpec } from '../../../../lib/store/mongo/collection-specs.ts';
import { NAMES, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import {
  clientEntry,
  sessionEntry,
  signingKeyEntry,
  toId,
  tokenEntry,
  userEntry,
} from '../../../../lib/store/revocations/entry-ids.ts';
import { DAY, HOUR } from '../../../../lib/time.ts';
import {
  migratedDatabase,
  migrateNow,
  schema3Database,
  type TestDatabase,
} from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

const VALIDATION_FAILED = 121;
const RETENTION = { auditRetention: 400 * DAY };

/** Raises `writes` alone, as every revocation of the version before did. */
const UNFENCED_WRITE = [{ $set: { writes: { $add: [{ $ifNull: ['$writes', 0] }, 1] } } }];

/** Makes the entries of one user, one session, one token, one key and one client. */
function namedEntries() {
  const user_id = randomUUID();
  const [revoked_at, expires_at] = [new Date(), new Date(Date.now() + DAY)];
  return {
    user: {
      _id: userEntry(user_id),
      kind: 'user',
      user_id,
      revoked_at,
      revoked_before: revoked_at,
    },
    session: { _id: sessionEntry(randomUUID()), kind: 'session', revoked_at, expires_at },
    token: {
      _id: toId(tokenEntry(randomBytes(32).toString('base64'))),
      kind: 'token',
      ...{ user_id, revoked_at, expires_at },
    },
    key: { _id: signingKeyEntry(randomUUID()), kind: 'key', revoked_at },
    client: { _id: clientEntry(randomUUID()), kind: 'client', revoked_at },
  } as const;
}

/** Opens a database of schema 3 with entries of that version. */
async function usedSchema3(t: Parameters<typeof schema3Database>[0]) {
  const database = await schema3Database(t);
  const named = namedEntries();
  const entries = Object.values(named).map((entry) => ({ ...entry, writes: 3 }));
  await database.collections.revokedTokens.insertMany(entries);
  const ids: (string | Binary)[] = [SENTINEL, ...entries.map(({ _id }) => _id)];
  return { ...database, named, ids };
}

function readFence({ db }: TestDatabase): Promise<Document | undefined> {
  return db
    .listCollections({ name: NAMES.revokedTokens })
    .next()
    .then((found) => (found as Document | null)?.['options'].validator.$expr);
}

test('a write of the version before is refused after migrate, to every entry and to a new one', async (t) => {
  const database = await usedSchema3(t);
  const { db, collections, ids } = database;
  const { revokedTokens } = collections;
  await t.notThrowsAsync(revokedTokens.updateMany({}, UNFENCED_WRITE));

  await migrateNow(db);
  for (const _id of ids) {
    const written = revokedTokens.updateOne({ _id }, UNFENCED_WRITE);
    await t.throwsAsync(written, { code: VALIDATION_FAILED }, String(_id));
  }
  const { key } = namedEntries();
  const added = revokedTokens.insertOne({ ...key, writes: 1 });
  await t.throwsAsync(added, { code: VALIDATION_FAILED });
});

test('a revocation of this version fences an entry of the version before, also before migrate', async (t) => {
  for (const isMigrated of [false, true]) {
    const { db, collections, named } = await usedSchema3(t);
    const { revokedTokens } = collections;
    if (isMigrated) await migrateNow(db);
    const revocations = revocationsOn(collections);
    const cause = { reason: 'test', revokedBy: 'tester' };
    const { user_id: userId } = named.user;
    await revocations.revokeUser({ userId, ...cause });
    await revocations.revokeSessions([
      { sessionId: named.session._id.slice('session:'.length), userId, ...cause },
    ]);
    await revocations.revokeToken({
      hash: (named.token._id as Binary).toString('base64'),
      ...{ sessionId: 'any', userId, expiresAt: Date.now() + HOUR, ...cause },
    });
    await revocations.revokeKey({ kid: named.key._id.slice('key:'.length), ...cause });
    await revocations.revokeClient({
      clientId: named.client._id.slice('client:'.length),
      ...cause,
    });
    for (const { _id } of Object.values(named)) {
      t.like(await revokedTokens.findOne({ _id }), { writes: 4, fenced_writes: 4 }, String(_id));
    }
    await revocations.revokeEveryone(cause);
    t.like(await revokedTokens.findOne({ _id: SENTINEL }), { writes: 2, fenced_writes: 2 });
    if (isMigrated) continue;
    await revokedTokens.updateMany({}, UNFENCED_WRITE); // the version before revokes them again
    await migrateNow(db);
    const written = revokedTokens.updateOne({ _id: named.user._id }, UNFENCED_WRITE);
    await t.throwsAsync(written, { code: VALIDATION_FAILED });
    await t.notThrowsAsync(revocations.revokeUser({ userId, ...cause }));
  }
});

test('migrate lets the sentinel, revoked keys and clients satisfy the validator, and leaves the other entries', async (t) => {
  const { db, collections, named, ids } = await usedSchema3(t);
  const { revokedTokens } = collections;
  const before = new Map((await revokedTokens.find().toArray()).map((each) => [each._id, each]));
  await migrateNow(db);
  const lasting = new Set<unknown>([SENTINEL, named.key._id, named.client._id]);
  for (const [_id, entry] of before) {
    const { writes } = entry;
    const after = await revokedTokens.findOne({ _id });
    t.deepEqual(after, lasting.has(_id) ? { ...entry, fenced_writes: writes } : entry);
  }
  t.is(before.size, ids.length);
  const { validator } = findSpec(NAMES.revokedTokens);
  const refused = revokedTokens.find({ _id: { $in: [...lasting] as string[] }, $nor: [validator] });
  t.deepEqual(await refused.toArray(), []); // else a restore would leave them out
  t.deepEqual(await planMigration(db, RETENTION), { conflicts: [], steps: [] });
});

test('expired entries that do not satisfy the validator can be deleted', async (t) => {
  const { db, collections, named } = await usedSchema3(t);
  await migrateNow(db);
  const { _id } = named.session;
  t.is((await collections.revokedTokens.deleteOne({ _id })).deletedCount, 1);
});

test('version 4 is written last: whoever reads it finds the fence and the collection followers', async (t) => {
  const database = await usedSchema3(t);
  const { db, collections } = database;
  const { conflicts, steps } = await planMigration(db, RETENTION);
  const versions: unknown[] = [];
  for (const each of steps) {
    await migrate({ conflicts, steps: [each] }, () => undefined);
    const version = Number((await collections.schema.findOne())?.version);
    const fence = await readFence(database);
    versions.push(version);
    if (version < 4) continue;
    t.truthy(fence);
    t.is((await db.listCollections({ name: NAMES.followers }).toArray()).length, 1);
    t.is(await collections.revokedTokens.countDocuments({ _id: SENTINEL, fenced_writes: 1 }), 1);
  }
  t.is(versions.at(-1), 4);
});

test('an older migrate cannot take the fence away: before the fence comes a version that it refuses', async (t) => {
  const database = await usedSchema3(t);
  const { conflicts, steps } = await planMigration(database.db, RETENTION);
  for (const each of steps) {
    await migrate({ conflicts, steps: [each] }, () => undefined);
    const { version = 0 } = (await database.collections.schema.findOne()) ?? {};
    if ((await readFence(database)) !== undefined) t.true(version > 3);
  }
  t.truthy(await readFence(database));
});

test('a migration that breaks off after any step is completed by the next one', async (t) => {
  const { steps } = await planMigration((await usedSchema3(t)).db, RETENTION);
  for (const [count] of steps.entries()) {
    const { db, collections } = await usedSchema3(t);
    const plan = await planMigration(db, RETENTION);
    await migrate({ ...plan, steps: plan.steps.slice(0, count) }, () => undefined);
    t.true(await isReady(db, 'users'));
    await migrateNow(db);
    t.deepEqual(await planMigration(db, RETENTION), { conflicts: [], steps: [] });
    t.is((await collections.schema.findOne())?.version, 4);
  }
});

test('an entry of a revoked key that the version before writes during the migration is fenced too', async (t) => {
  const { db, collections } = await usedSchema3(t);
  await collections.revokedTokens.updateMany({}, [{ $set: { fenced_writes: '$writes' } }]);
  const plan = await planMigration(db, RETENTION);
  const { key } = namedEntries();
  await collections.revokedTokens.insertOne({ ...key, writes: 1 });
  await migrate(plan, () => undefined);
  t.like(await collections.revokedTokens.findOne({ _id: key._id }), { fenced_writes: 1 });
});

test('a sentinel that lacks more than fenced_writes is no obstacle', async (t) => {
  const { db, collections } = await schema3Database(t);
  await db.command({ collMod: NAMES.revokedTokens, validator: {} });
  await collections.revokedTokens.updateOne({ _id: SENTINEL }, { $unset: { epoch: 1 } });
  await migrateNow(db);
  t.deepEqual(await planMigration(db, RETENTION), { conflicts: [], steps: [] });
});

test('users and clients can be added to a database of this version and of the one before, not of others', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const ready: unknown[] = [];
  for (const version of [2, 3, 3.5, 4, 5]) {
    await collections.schema.updateOne({}, { $set: { version } });
    ready.push(await Promise.all([isReady(db, 'users'), isReady(db, 'clients')]));
  }
  const [no, yes] = [
    [false, false],
    [true, true],
  ];
  t.deepEqual(ready, [no, yes, yes, yes, no]);
});
