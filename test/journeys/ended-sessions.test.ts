import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serve } from '../helpers/server.ts';
import { openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import { openFixture } from './sessions.ts';

async function assertDead(t: ExecutionContext, url: string, { access, refresh: token }: Tokens) {
  t.is(toOutcome(await sendAs(access, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.is(toOutcome(await refresh(url, token)), refusal('refresh_token_revoked'));
}

async function assertLives(t: ExecutionContext, url: string, { access, refresh: token }: Tokens) {
  t.is((await sendAs(access, `${url}/api/auth/me`)).status, 200);
  t.is((await refresh(url, token)).status, 200);
}

test('A session that is ended is dead at once, on every server, and no other is', async (t) => {
  const { url, uri, secret, open, end } = await openFixture(t);
  const elsewhere = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const other = await open();
  const renewed = toTokens(await refresh(url, other.refresh));
  const third = await open();
  const asking = await open();
  const { status, body } = await end(asking, other.sessionId);
  t.deepEqual([status, body], [204, '']);
  for (const at of [url, elsewhere.url]) {
    await assertDead(t, at, other);
    await assertDead(t, at, renewed);
  }
  for (const tokens of [third, asking]) await assertLives(t, url, tokens);
});

test('A session may end itself', async (t) => {
  const { url, open, end } = await openFixture(t);
  const asking = await open();
  t.is((await end(asking, asking.sessionId)).status, 204);
  await assertDead(t, url, asking);
  t.is(toOutcome(await end(asking, asking.sessionId)), refusal('token_revoked'));
});

test('A session that has ended can be ended again, which writes again', async (t) => {
  const { open, end, collections } = await openFixture(t);
  const other = await open();
  const asking = await open();
  for (const writes of [1, 2, 3]) {
    t.is((await end(asking, other.sessionId)).status, 204);
    t.like(await collections.revokedTokens.findOne({ kind: 'session' }), { writes });
  }
});

test('A session of somebody else, one that is not there and what is no id are all not found, and nothing ends', async (t) => {
  const it = await openFixture(t);
  const asking = await it.open();
  const stranger = await openSession(it.url, (await addUser(it.collections)).email);
  const rows = [
    stranger.sessionId,
    randomUUID(),
    asking.sessionId.toUpperCase(),
    asking.sessionId.slice(0, -1),
    `${asking.sessionId}%20`,
    `${asking.sessionId}%00`,
    `${asking.sessionId}%0A`,
    `session:${asking.sessionId}`,
    it.userId,
    '%00',
    '%24ne',
    '[$ne]=1',
    '*',
    '..%2f..%2fadmin',
    '%E2%80%8B',
    '%F0%9F%A6%8A',
    '%ff',
    '%',
    '%E0%A4%A',
    'revoke-others',
    'undefined',
    'null',
    'x'.repeat(4_000),
  ];
  for (const id of rows) {
    t.is(toOutcome(await it.end(asking, id)), refusal('not_found'), id);
  }
  t.is(await it.collections.revokedTokens.countDocuments({ kind: 'session' }), 0);
  for (const tokens of [asking, stranger]) await assertLives(t, it.url, tokens);
});

test('All other sessions can be ended at once: the current one lives, and the response has their number', async (t) => {
  const { url, open, endOthers, listIds, collections } = await openFixture(t);
  const others = [await open(), await open(), await open()];
  const asking = await open();
  const stranger = await openSession(url, (await addUser(collections)).email);
  const { status, body } = await endOthers(asking);
  t.deepEqual([status, body], [200, { sessions_ended: 3 }]);
  for (const tokens of others) await assertDead(t, url, tokens);
  for (const tokens of [asking, stranger]) await assertLives(t, url, tokens);
  t.deepEqual(await listIds(asking), [asking.sessionId]);
  t.deepEqual((await endOthers(asking)).body, { sessions_ended: 0 });
});

test('What ends sessions is in the audit trail, with their ids', async (t) => {
  const { open, end, endOthers, collections, userId } = await openFixture(t);
  const [first, second, asking] = [await open(), await open(), await open()];
  await end(asking, first.sessionId);
  await endOthers(asking);
  await endOthers(asking); // nothing is left to end, so no event is written
  const events = await collections.auditEvents
    .find({ action: 'session_revoked' })
    .sort({ at: 1 })
    .toArray();
  t.deepEqual(
    events.map(({ user_id, company_id, details }) => ({ user_id, company_id, details })),
    [first, second].map(({ sessionId }) => ({
      user_id: userId,
      company_id: 'company-1',
      details: { reason: 'user_requested', session_ids: [sessionId] },
    })),
  );
});
