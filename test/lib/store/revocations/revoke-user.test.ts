import { randomUUID } from 'node:crypto';
import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import { userEntry } from '../../../../lib/store/revocations/entry-ids.ts';
import { HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';
import { interceptWrites } from './intercept-writes.ts';

type Entries = Collections['revokedTokens'];

function setCutoff(entries: Entries, key: string, cutoff: number) {
  const fields = {
    kind: 'user',
    user_id: key,
    revoked_at: new Date(),
    writes: 1,
    fenced_writes: 1,
  } as const;
  const revoked_before = new Date(cutoff);
  return key === SENTINEL
    ? entries.updateOne({ _id: key }, { $set: { revoked_before } })
    : entries.insertOne({ _id: key, ...fields, revoked_before });
}

async function findCutoff(entries: Entries, userId: string): Promise<number> {
  const entry = await entries.findOne({ _id: userEntry(userId) });
  return entry?.revoked_before?.getTime() ?? Number.NaN;
}

function anyUser() {
  return { userId: randomUUID(), reason: 'test', revokedBy: randomUUID() };
}

test('revokeUser kills every login in flight: its cutoff is 10 minutes ahead', async (t) => {
  const { collections } = await migratedDatabase(t);
  const user = anyUser();
  await setCutoff(collections.revokedTokens, SENTINEL, 0);
  await revocationsOn(collections).revokeUser(user);
  const cutoff = await findCutoff(collections.revokedTokens, user.userId);
  t.true(Math.abs(cutoff - Date.now() - 10 * MINUTE) < 30 * SECOND);
});

test('the cutoff grows with every revokeUser, also of many at once, and each is counted', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokedTokens } = collections;
  const { revokeUser } = revocationsOn(collections);
  const user = anyUser();
  let before = Number.NEGATIVE_INFINITY;
  for (let time = 0; time < 5; time++) {
    await revokeUser(user);
    const after = await findCutoff(revokedTokens, user.userId);
    t.true(after > before);
    before = after;
  }
  await Promise.all(Array.from({ length: 20 }, () => revokeUser(user)));
  t.true((await findCutoff(revokedTokens, user.userId)) >= before + 20);
  t.like(await revokedTokens.findOne({ _id: userEntry(user.userId) }), {
    kind: 'user',
    user_id: user.userId,
    reason: 'test',
    revoked_by: user.revokedBy,
    writes: 25,
    fenced_writes: 25,
  });
});

test('50 concurrent first-time revokeUser calls on one user all succeed', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeUser } = revocationsOn(collections);
  const user = anyUser();
  await t.notThrowsAsync(Promise.all(Array.from({ length: 50 }, () => revokeUser(user))));
});

test('where the stored cutoff is in the future (the clock was set back), it becomes old + 1', async (t) => {
  const { collections } = await migratedDatabase(t);
  const user = anyUser();
  const old = Date.now() + HOUR;
  await setCutoff(collections.revokedTokens, userEntry(user.userId), old);
  await revocationsOn(collections).revokeUser(user);
  t.is(await findCutoff(collections.revokedTokens, user.userId), old + 1);
});

test("where the deployment's cutoff is in the future, the user's becomes that + 1", async (t) => {
  const { collections } = await migratedDatabase(t);
  const user = anyUser();
  const deployment = Date.now() + HOUR;
  await setCutoff(collections.revokedTokens, SENTINEL, deployment);
  await revocationsOn(collections).revokeUser(user);
  t.is(await findCutoff(collections.revokedTokens, user.userId), deployment + 1);
});

test("a deployment's cutoff that rises between read and write is caught, however often", async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const second = connect(uri);
  t.teardown(() => second.close());
  const others = second.db.collection<{ _id: string }>('revoked_tokens');
  const rises = [1, 2, 3].map((hours) => Date.now() + hours * HOUR);
  const pending = [...rises];
  const revokedTokens = interceptWrites(collections.revokedTokens, async (write) => {
    const result = await write();
    const rise = pending.shift();
    if (rise !== undefined) {
      await others.updateOne({ _id: SENTINEL }, { $set: { revoked_before: new Date(rise) } });
    }
    return result;
  });

  const user = anyUser();
  await revocationsOn({ ...collections, revokedTokens }).revokeUser(user);

  t.is(await findCutoff(collections.revokedTokens, user.userId), Number(rises.at(-1)) + 1);
  const entry = await collections.revokedTokens.findOne({ _id: userEntry(user.userId) });
  t.is(entry?.writes, rises.length + 1);
});

test('a revocation raises the cutoff of no one else', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeUser, cutoffs } = revocationsOn(collections);
  const before = await cutoffs(randomUUID());
  await revokeUser(anyUser());
  t.deepEqual(await cutoffs(randomUUID()), before);
});

test('revokeUser rejects when it cannot read again after its write: the cutoff may be too low', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revokedTokens = interceptWrites(collections.revokedTokens, async (write) => {
    const result = await write();
    await collections.revokedTokens.deleteOne({ _id: SENTINEL });
    return result;
  });
  const user = anyUser();
  const { revokeUser } = revocationsOn({ ...collections, revokedTokens });
  await t.throwsAsync(revokeUser(user), { instanceOf: StoreUnavailable });
  t.true((await findCutoff(collections.revokedTokens, user.userId)) > Date.now());
});
