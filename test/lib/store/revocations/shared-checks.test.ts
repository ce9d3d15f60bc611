import { randomBytes, randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { createUsers } from '../../../../lib/store/accounts/users.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import type { StrictReader } from '../../../../lib/store/mongo/strict-reads.ts';
import { type CheckInput, createRevocationReads } from '../../../../lib/store/revocations/reads.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient } from '../../../helpers/failpoint.ts';
import { notedClient } from '../../../helpers/noted-client.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

const CHECKS = 400;

function anyToken(): Required<CheckInput> {
  return {
    hash: randomBytes(32).toString('base64'),
    sessionId: randomUUID(),
    kid: 'kid',
    userId: randomUUID(),
    stamp: Date.now() + 60 * MINUTE,
  };
}

function newUser() {
  const email = `${randomUUID()}@example.com`;
  return { email, name: 'Ann', companyId: 'acme', roles: ['admin'], passwordHash: 'hash' };
}

/** The tokens and who of them is revoked: every seventh, each in another way. */
async function revokeSome(collections: Collections, tokens: readonly Required<CheckInput>[]) {
  const { revokeTokenAndSession } = revocationsOn(collections);
  const revoked = tokens.filter((_, index) => index % 7 === 0);
  for (const token of revoked) {
    await revokeTokenAndSession({
      ...token,
      expiresAt: Date.now() + MINUTE,
      reason: 'test',
      revokedBy: 'test',
    });
  }
  return new Set(revoked);
}

test('checks at the same time share reads, and each gets its own answer', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const tokens = Array.from({ length: CHECKS }, anyToken);
  const revoked = await revokeSome(collections, tokens);
  const client = await notedClient(t, uri);
  const revocations = revocationsOn(client.collections);
  await revocations.check(anyToken()); // connects, and reads the epoch
  await revocations.assertSentinel();
  client.asked.length = 0;

  const kinds = await Promise.all(tokens.map(revocations.check));
  t.deepEqual(
    kinds,
    tokens.map((token) => (revoked.has(token) ? 'token' : undefined)),
  );
  // 400 × 4 keys, in reads of at most 1,000.
  t.deepEqual([...new Set(client.asked)], ['find revoked_tokens']);
  t.true(client.asked.length <= 2, `${client.asked.length} reads`);
});

test('a check shares its read with every other question to revoked_tokens', async (t) => {
  const { collections } = await migratedDatabase(t);
  let reads = 0;
  const counting: StrictReader = {
    read: (find) => {
      reads++;
      return find('linearizable');
    },
  };
  const revocations = createRevocationReads(collections, createSchema(collections), counting);
  const { check, isClientRevoked, isKeyRevoked, cutoffs, assertSentinel } = revocations;
  const client = randomUUID();
  await Promise.all([
    check(anyToken()),
    isClientRevoked(client),
    isKeyRevoked('kid'),
    cutoffs(undefined),
    assertSentinel(),
  ]);
  t.is(reads, 1);
});

test('users that are read at the same time share reads, and each read returns its own user', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { create } = createUsers(collections);
  const created = await Promise.all(Array.from({ length: 50 }, () => create(newUser())));
  const client = await notedClient(t, uri);
  const users = createUsers(client.collections);
  const found = await Promise.all([
    users.find(randomUUID()),
    ...created.map(({ id }) => users.find(id)),
  ]);
  t.deepEqual(found, [undefined, ...created]);
  // One is not found, so the collection is inspected.
  t.deepEqual(client.asked.sort(), ['find users', 'listIndexes users']);
});

test('requests that share a user cannot change it for each other', async (t) => {
  const { collections } = await migratedDatabase(t);
  const users = createUsers(collections);
  const { id } = await users.create(newUser());
  const [one, other] = await Promise.all([users.find(id), users.find(id)]);
  t.is(one, other);
  t.true(Object.isFrozen(one));
  t.true(Object.isFrozen(one?.roles));
});

/** Two in each turn of the event loop. */
async function inTurn<T>(index: number, work: () => Promise<T>): Promise<T> {
  for (let turn = 0; turn < index >> 1; turn++) await setImmediate();
  return work();
}

test('a read that fails is StoreUnavailable for its batch, and for nobody else', async (t) => {
  const { uri } = await migratedDatabase(t);
  const { collections, under } = failingClient(t, uri);
  const revocations = revocationsOn(collections);
  const tokens = Array.from({ length: 6 }, anyToken);
  await revocations.check(anyToken());
  const once = { mode: { times: 1 }, failCommands: ['find'], errorCode: 8000 } as const;
  const outcomes = await under(once, () =>
    Promise.allSettled(tokens.map((token, index) => inTurn(index, () => revocations.check(token)))),
  );

  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  t.true(reasons.every((reason) => reason instanceof StoreUnavailable));
  t.is(reasons.length, 2, 'the two of the first read');
  t.is(await revocations.check(anyToken()), undefined);
});

test('a revocation is seen by every check that starts after it, however many run already', async (t) => {
  const { collections } = await migratedDatabase(t);
  const revocations = revocationsOn(collections);
  let stop = false;
  const load = Array.from({ length: 50 }, async () => {
    while (!stop) await revocations.check(anyToken());
  });
  for (let round = 0; round < 50; round++) {
    const token = anyToken();
    t.is(await revocations.check(token), undefined);
    await revocations.revokeTokenAndSession({
      ...token,
      expiresAt: Date.now() + MINUTE,
      reason: 'test',
      revokedBy: 'test',
    });
    const kinds = await Promise.all(Array.from({ length: 20 }, () => revocations.check(token)));
    t.deepEqual(new Set(kinds), new Set(['token']));
  }
  stop = true;
  await Promise.all(load);
});
