import { randomBytes, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import type { Revocations } from '../../../../lib/store/revocations/revocations.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

/** Calls every function that reads revocations, and asserts that each throws. */
async function assertNothingDecided(
  t: ExecutionContext,
  revocations: Revocations,
  message: RegExp,
) {
  const userId = randomUUID();
  const token = {
    hash: randomBytes(32).toString('base64'),
    sessionId: randomUUID(),
    kid: 'kid',
    userId,
    stamp: Date.now(),
  };
  const who = { userId, reason: 'test', revokedBy: userId };
  for (const ask of [
    () => revocations.check(token),
    () => revocations.cutoffs(userId),
    () => revocations.revokeUser(who),
  ]) {
    await t.throwsAsync(ask, { instanceOf: StoreUnavailable, message });
  }
}

function setSentinelEpoch({ revokedTokens }: Collections, epoch: string) {
  return revokedTokens.updateOne({ _id: SENTINEL }, { $set: { epoch } });
}

function setSchemaEpoch({ schema }: Collections, epoch: string) {
  return schema.updateOne({ _id: 'rescind' }, { $set: { epoch } });
}

test('without a sentinel nothing is decided, and the message names the remedy', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  await revocations.cutoffs(randomUUID()); // It was there once.
  await collections.revokedTokens.deleteOne({ _id: SENTINEL });
  await assertNothingDecided(t, revocations, /no sentinel.*Migrate the database/);
});

test('with a sentinel of another epoch nothing is decided', async (t) => {
  const { collections } = await migratedDatabase(t);
  await setSentinelEpoch(collections, 'another');
  await assertNothingDecided(t, revocationsOn(collections), /belongs to another database/);
});

test('with a sentinel whose epoch changes under a running server nothing is decided', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  await revocations.cutoffs(randomUUID());
  await setSentinelEpoch(collections, 'another');
  await assertNothingDecided(t, revocations, /belongs to another database/);
});

test('a revocation into a collection that was emptied or dropped a moment ago is not acknowledged', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  await revocations.cutoffs(randomUUID()); // It was there, so no read precedes the write.
  const revokeKey = () => revocations.revokeKey({ kid: 'kid', reason: 'test', revokedBy: 'test' });
  await revokeKey();
  for (const lose of [
    () => collections.revokedTokens.deleteMany({}),
    () => collections.revokedTokens.drop(),
  ]) {
    await lose();
    await t.throwsAsync(revokeKey, { instanceOf: StoreUnavailable, message: /no sentinel/ });
  }
});

test('a sentinel that changed and was right again after the write acknowledges nothing', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  await revocations.cutoffs(randomUUID());
  await setSchemaEpoch(collections, 'new');
  await setSentinelEpoch(collections, 'new');
  const revokeKey = () => revocations.revokeKey({ kid: 'kid', reason: 'test', revokedBy: 'test' });
  await t.throwsAsync(revokeKey, { instanceOf: StoreUnavailable, message: /sentinel changed/ });
  await t.notThrowsAsync(revokeKey);
});

test('a new epoch that schema has as well is taken over by a running server', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  const before = await revocations.cutoffs(randomUUID());
  await setSchemaEpoch(collections, 'new');
  await setSentinelEpoch(collections, 'new');
  t.deepEqual(await revocations.cutoffs(randomUUID()), before);
});

test('a sentinel without its schema document proves nothing', async (t) => {
  const { collections } = await migratedDatabase(t);
  await collections.schema.deleteMany({});
  await assertNothingDecided(t, revocationsOn(collections), /belongs to another database/);
});

test('a cutoff that is not a Date decides nothing', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await db.command({ collMod: 'revoked_tokens', validator: {} });
  const wrong = { revoked_before: Date.now() as unknown as Date };
  await collections.revokedTokens.updateOne({ _id: SENTINEL }, { $set: wrong });
  await assertNothingDecided(t, revocationsOn(collections), /no date in revoked_before/);
});
