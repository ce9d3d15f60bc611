import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import { sessionEntry, toId, tokenEntry } from '../../../../lib/store/revocations/entry-ids.ts';
import type { RevokeTokenInput } from '../../../../lib/store/revocations/entry-updates.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

function anyToken(): RevokeTokenInput {
  const expiresAt = Date.now() + 15 * MINUTE;
  const names = {
    hash: randomBytes(32).toString('base64'),
    sessionId: randomUUID(),
    userId: randomUUID(),
  };
  return { ...names, expiresAt, reason: 'logout', revokedBy: names.userId };
}

async function readEntries({ revokedTokens }: Collections, { hash, sessionId }: RevokeTokenInput) {
  const token = await revokedTokens.findOne({ _id: toId(tokenEntry(hash)) });
  const session = await revokedTokens.findOne({ _id: sessionEntry(sessionId) });
  if (token === null || session === null) throw new Error('An entry is missing');
  return { token, session };
}

test('revokeTokenAndSession revokes the token until a day after its exp, and its session for 92 days', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeTokenAndSession, check } = revocationsOn(collections);
  const input = anyToken();
  await revokeTokenAndSession(input);
  const { token, session } = await readEntries(collections, input);

  const said = {
    user_id: input.userId,
    reason: 'logout',
    revoked_by: input.userId,
    writes: 1,
    fenced_writes: 1,
  };
  t.like(token, { kind: 'token', ...said });
  t.like(session, { kind: 'session', ...said });
  t.is(token.expires_at?.getTime(), input.expiresAt + DAY);
  const lives = Number(session.expires_at?.getTime()) - Date.now();
  t.true(Math.abs(lives - 92 * DAY) < MINUTE);
  t.true(Math.abs(token.revoked_at.getTime() - Date.now()) < 30 * SECOND);
  t.is(await check({ ...input, stamp: Number.MAX_SAFE_INTEGER, kid: 'kid' }), 'token');
  const sibling = {
    ...anyToken(),
    sessionId: input.sessionId,
    stamp: Number.MAX_SAFE_INTEGER,
    kid: 'kid',
  };
  t.is(await check(sibling), 'session');
});

test('a second logout counts a write and leaves all other fields of the first one', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeTokenAndSession } = revocationsOn(collections);
  const input = anyToken();
  await revokeTokenAndSession(input);
  const first = await readEntries(collections, input);
  await delay(20);
  await revokeTokenAndSession({ ...input, reason: 'another' });
  const second = await readEntries(collections, input);

  t.deepEqual(second.token, { ...first.token, writes: 2, fenced_writes: 2 });
  t.deepEqual(second.session, {
    ...first.session,
    expires_at: second.session.expires_at as Date,
    writes: 2,
    fenced_writes: 2,
  });
  t.true(Number(second.session.expires_at) > Number(first.session.expires_at));
});

test('expires_at only ever moves later', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeTokenAndSession } = revocationsOn(collections);
  const input = anyToken();
  const ends = async () => (await readEntries(collections, input)).token.expires_at?.getTime();
  await revokeTokenAndSession(input);
  await revokeTokenAndSession({ ...input, expiresAt: input.expiresAt - HOUR });
  t.is(await ends(), input.expiresAt + DAY);
  await revokeTokenAndSession({ ...input, expiresAt: input.expiresAt + HOUR });
  t.is(await ends(), input.expiresAt + HOUR + DAY);
});

test('a name or a reason that resembles a field path or an operator is stored as it is', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeTokenAndSession, revokeUser } = revocationsOn(collections);
  const input = { ...anyToken(), userId: '$kind', reason: '$$NOW' };
  await revokeTokenAndSession(input);
  const { token, session } = await readEntries(collections, input);
  t.like(token, { user_id: '$kind', reason: '$$NOW' });
  t.like(session, { user_id: '$kind', reason: '$$NOW' });
  await revokeUser({ userId: '$_id', reason: '$$ROOT', revokedBy: '$kind' });
  const user = await collections.revokedTokens.findOne({ kind: 'user' });
  t.like(user, { _id: 'user:$_id', user_id: '$_id', reason: '$$ROOT', revoked_by: '$kind' });
});

test('50 concurrent first-time revokeTokenAndSession calls on one key all succeed, and each is counted', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { revokeTokenAndSession } = revocationsOn(collections);
  for (let round = 1; round <= 5; round++) {
    const input = anyToken();
    const calls = Array.from({ length: 50 }, () => revokeTokenAndSession(input));
    await t.notThrowsAsync(Promise.all(calls), `round ${round}`);
    const { token, session } = await readEntries(collections, input);
    t.is(token.writes, 50);
    t.true(session.writes >= 50); // A retry writes both again.
  }
});
