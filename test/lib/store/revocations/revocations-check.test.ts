import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { Binary } from 'mongodb';
import { type Collections, SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import {
  sessionEntry,
  toId,
  tokenEntry,
  userEntry,
} from '../../../../lib/store/revocations/entry-ids.ts';
import { DAY, HOUR } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { revocationsOn } from '../../../helpers/revocations-on.ts';

const STAMP = Date.UTC(2026, 0, 1);
const shared = { revoked_at: new Date(), writes: 1, fenced_writes: 1 };

function anyToken() {
  return {
    hash: randomBytes(32).toString('base64'),
    sessionId: randomUUID(),
    kid: 'kid',
    userId: randomUUID(),
    stamp: STAMP,
  };
}

type Token = ReturnType<typeof anyToken>;

function insertToken({ revokedTokens }: Collections, { hash, userId }: Token, lives = DAY) {
  const expires_at = new Date(Date.now() + lives);
  const fields = { kind: 'token', user_id: userId, expires_at, ...shared } as const;
  return revokedTokens.insertOne({ _id: toId(tokenEntry(hash)), ...fields });
}

function insertSession({ revokedTokens }: Collections, { sessionId, userId }: Token, lives = DAY) {
  const expires_at = new Date(Date.now() + lives);
  const fields = { kind: 'session', user_id: userId, expires_at, ...shared } as const;
  return revokedTokens.insertOne({ _id: sessionEntry(sessionId), ...fields });
}

function insertUser({ revokedTokens }: Collections, { userId }: Token, cutoff: number) {
  const fields = { kind: 'user', user_id: userId, ...shared } as const;
  return revokedTokens.insertOne({
    _id: userEntry(userId),
    ...fields,
    revoked_before: new Date(cutoff),
  });
}

function setDeployment({ revokedTokens }: Collections, cutoff: number) {
  const revoked_before = new Date(cutoff);
  return revokedTokens.updateOne({ _id: SENTINEL }, { $set: { revoked_before } });
}

test('the most specific revocation speaks: token, session, user, deployment', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  const token = anyToken();
  await setDeployment(collections, STAMP - 1);
  t.is(await check(token), undefined);
  await setDeployment(collections, STAMP);
  t.is(await check(token), 'deployment');
  await insertUser(collections, token, STAMP);
  t.is(await check(token), 'user');
  await insertSession(collections, token);
  t.is(await check(token), 'session');
  await insertToken(collections, token);
  t.is(await check(token), 'token');
});

test("a stamp equal to the user's cutoff is revoked, one more is not", async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  const token = anyToken();
  await setDeployment(collections, 0);
  await insertUser(collections, token, STAMP);
  t.is(await check({ ...token, stamp: STAMP - 1 }), 'user');
  t.is(await check({ ...token, stamp: STAMP }), 'user');
  t.is(await check({ ...token, stamp: STAMP + 1 }), undefined);
});

test("a stamp equal to the deployment's cutoff is revoked, one more is not", async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  const token = anyToken();
  await setDeployment(collections, STAMP);
  t.is(await check({ ...token, stamp: STAMP }), 'deployment');
  t.is(await check({ ...token, stamp: STAMP + 1 }), undefined);
});

test('presence counts even when expires_at is past', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  await setDeployment(collections, 0);
  await collections.revokedTokens.dropIndex('expires_at_1'); // else the entry is soon gone
  const [ofToken, ofSession] = [anyToken(), anyToken()];
  await insertToken(collections, ofToken, -HOUR);
  await insertSession(collections, ofSession, -HOUR);
  t.is(await check(ofToken), 'token');
  t.is(await check(ofSession), 'session');
});

test('entries of others mean nothing', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  await setDeployment(collections, 0);
  const other = anyToken();
  await insertToken(collections, other);
  await insertSession(collections, other);
  await insertUser(collections, other, STAMP);
  t.is(await check(anyToken()), undefined);
});

test('an entry under another BinData subtype is not found, so only toId may name a token', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { check } = revocationsOn(collections);
  await setDeployment(collections, 0);
  const token = anyToken();
  const fields = { kind: 'token', user_id: token.userId, ...shared } as const;
  await collections.revokedTokens.insertOne({
    _id: new Binary(Buffer.from(token.hash, 'base64'), Binary.SUBTYPE_USER_DEFINED),
    ...fields,
    expires_at: new Date(Date.now() + DAY),
  });
  t.is(await check(token), undefined);
  const id = toId(tokenEntry(token.hash));
  t.is(id instanceof Binary && id.sub_type, Binary.SUBTYPE_DEFAULT);
});

test('cutoffs are -Infinity for a user who revoked nothing', async (t) => {
  const { collections } = await migratedDatabase(t);
  await setDeployment(collections, STAMP);
  const cutoffs = await revocationsOn(collections).cutoffs(randomUUID());
  t.deepEqual(cutoffs, { user: Number.NEGATIVE_INFINITY, deployment: STAMP });
});
