import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { sendAs, serve, type TestServer, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens, tokensOf } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import { outcomeOf, refusal } from './refusals.ts';

async function scene(t: ExecutionContext, environment: Record<string, string> = {}) {
  return enter(await testServer(t, environment));
}

/** A user of the server, and what that user does. */
async function enter(server: TestServer) {
  const { url, collections } = server;
  const { email, id: userId } = await addUser(collections);
  const path = `${url}/api/auth/sessions`;
  return {
    ...server,
    email,
    userId,
    open: (headers?: Record<string, string>) => openSession(url, email, headers),
    list: async ({ access }: Tokens) => (await sendAs(access, path)).body.sessions,
    end: ({ access }: Tokens, id: string) => sendAs(access, `${path}/${id}`, 'DELETE'),
    endOthers: ({ access }: Tokens) => sendAs(access, `${path}/revoke-others`, 'POST'),
    idsOf: async ({ access }: Tokens): Promise<string[]> =>
      (await sendAs(access, path)).body.sessions.map(({ id }: { id: string }) => id),
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function assertDead(t: ExecutionContext, url: string, { access, refresh: token }: Tokens) {
  t.is(outcomeOf(await sendAs(access, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.is(outcomeOf(await refresh(url, token)), refusal('refresh_token_revoked'));
}

async function assertLives(t: ExecutionContext, url: string, { access, refresh: token }: Tokens) {
  t.is((await sendAs(access, `${url}/api/auth/me`)).status, 200);
  t.is((await refresh(url, token)).status, 200);
}

test('The list has each session with its device, address and times, the newest first, and says which one asks', async (t) => {
  const { open, list, collections } = await scene(t, { TRUST_PROXY: '1' });
  const from = (agent: string, ip: string) => ({ 'user-agent': agent, 'x-forwarded-for': ip });
  const first = await open(from('Firefox', '203.0.113.7'));
  const second = await open(from('$agent "quoted"', '2001:db8::1'));
  const third = await open(from('', '198.51.100.9'));

  const listed = await list(second);
  t.deepEqual(
    listed.map(({ id, current, user_agent, ip }: Record<string, unknown>) => [
      id,
      current,
      user_agent,
      ip,
    ]),
    [
      [third.sessionId, false, null, '198.51.100.9'],
      [second.sessionId, true, '$agent "quoted"', '2001:db8::1'],
      [first.sessionId, false, 'Firefox', '203.0.113.7'],
    ],
  );
  for (const session of listed) {
    const stored = await collections.sessions.findOne({ _id: session.id });
    t.is(session.created_at, stored?.auth_time.toISOString());
    t.is(session.last_used_at, stored?.last_used_at.toISOString());
    t.is(session.expires_at, stored?.expires_at.toISOString());
    t.true(Math.abs(Date.now() - Date.parse(session.created_at)) < MINUTE);
    t.is(Date.parse(session.expires_at) - Date.parse(session.created_at), 7 * DAY);
    t.deepEqual(Object.keys(session).sort(), [
      'created_at',
      'current',
      'expires_at',
      'id',
      'ip',
      'last_used_at',
      'user_agent',
    ]);
  }
});

test('A refresh shows in the list as the last use, and as more time', async (t) => {
  const { url, open, list, collections } = await scene(t);
  const tokens = await open();
  const dates = ['auth_time', 'last_used_at', 'expires_at', 'ends_at'] as const;
  await age(collections, tokens.sessionId, DAY, dates);
  const [before] = await list(tokens);
  await refresh(url, tokens.refresh);
  const [after] = await list(tokens);
  t.is(after.created_at, before.created_at);
  t.true(Date.parse(after.last_used_at) - Date.parse(before.last_used_at) > DAY - MINUTE);
  t.is(Date.parse(after.expires_at) - Date.parse(after.last_used_at), 7 * DAY);
});

type Ending = (scene: Scene, other: Tokens, asking: Tokens) => Promise<unknown>;

const ENDINGS: Readonly<Record<string, Ending>> = {
  'was logged out': ({ url }, other) => sendAs(other.access, `${url}/api/auth/logout`, 'POST'),
  'was ended': ({ end }, other, asking) => end(asking, other.sessionId),
  'was revoked, though it is not marked so': ({ collections, userId }, other) =>
    collections.revokedTokens.insertOne({
      _id: `session:${other.sessionId}`,
      kind: 'session',
      user_id: userId,
      revoked_at: new Date(),
      expires_at: new Date(Date.now() + HOUR),
      writes: 1,
    }),
  'has expired': ({ collections }, other) =>
    age(collections, other.sessionId, 8 * DAY, ['expires_at']),
  "is at or before the user's cutoff": async ({ collections, userId }, other) => {
    const old = await collections.sessions.findOne({ _id: other.sessionId });
    const revoked_before = new Date(Number(old?.stamp) - HOUR);
    const entry = { kind: 'user', user_id: userId, revoked_at: new Date(), writes: 1 } as const;
    await collections.sessions.updateOne(
      { _id: other.sessionId },
      { $set: { stamp: revoked_before } },
    );
    await collections.revokedTokens.insertOne({ _id: `user:${userId}`, ...entry, revoked_before });
  },
  'was stolen': async ({ url, collections }, other) => {
    await refresh(url, other.refresh);
    await age(collections, other.sessionId, HOUR);
    await refresh(url, other.refresh);
  },
};

test('What has ended, has expired or is revoked is not shown', async (t) => {
  const server = await testServer(t);
  for (const [what, end] of Object.entries(ENDINGS)) {
    const it = await enter(server);
    const other = await it.open();
    const asking = await it.open();
    t.deepEqual(await it.idsOf(asking), [asking.sessionId, other.sessionId], what);
    await end(it, other, asking);
    t.deepEqual(await it.idsOf(asking), [asking.sessionId], what);
  }
});

test('After a revoke-all only the sessions of later logins are shown', async (t) => {
  const { url, open, idsOf } = await scene(t);
  await open();
  await sendAs((await open()).access, `${url}/api/auth/revoke-all-tokens`, 'POST');
  const fresh = await open();
  t.deepEqual(await idsOf(fresh), [fresh.sessionId]);
});

test('A session that is ended is dead at once, on every server, and no other is', async (t) => {
  const { url, uri, secret, open, end } = await scene(t);
  const elsewhere = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const other = await open();
  const renewed = tokensOf(await refresh(url, other.refresh));
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
  const { url, open, end } = await scene(t);
  const asking = await open();
  t.is((await end(asking, asking.sessionId)).status, 204);
  await assertDead(t, url, asking);
  t.is(outcomeOf(await end(asking, asking.sessionId)), refusal('token_revoked'));
});

test('A session that has ended can be ended again, which writes again', async (t) => {
  const { open, end, collections } = await scene(t);
  const other = await open();
  const asking = await open();
  for (const writes of [1, 2, 3]) {
    t.is((await end(asking, other.sessionId)).status, 204);
    t.like(await collections.revokedTokens.findOne({ kind: 'session' }), { writes });
  }
});

test('A session of somebody else, one that is not there and what is no id are all not found, and nothing ends', async (t) => {
  const it = await scene(t);
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
    t.is(outcomeOf(await it.end(asking, id)), refusal('not_found'), id);
  }
  t.is(await it.collections.revokedTokens.countDocuments({ kind: 'session' }), 0);
  for (const tokens of [asking, stranger]) await assertLives(t, it.url, tokens);
});

test('The others can be ended at once: the one that asks lives, and is told how many', async (t) => {
  const { url, open, endOthers, idsOf, collections } = await scene(t);
  const others = [await open(), await open(), await open()];
  const asking = await open();
  const stranger = await openSession(url, (await addUser(collections)).email);
  const { status, body } = await endOthers(asking);
  t.deepEqual([status, body], [200, { sessions_ended: 3 }]);
  for (const tokens of others) await assertDead(t, url, tokens);
  for (const tokens of [asking, stranger]) await assertLives(t, url, tokens);
  t.deepEqual(await idsOf(asking), [asking.sessionId]);
  t.deepEqual((await endOthers(asking)).body, { sessions_ended: 0 });
});

test('What ends sessions is in the audit trail, with their ids', async (t) => {
  const { open, end, endOthers, collections, userId } = await scene(t);
  const [first, second, asking] = [await open(), await open(), await open()];
  await end(asking, first.sessionId);
  await endOthers(asking);
  await endOthers(asking); // there is nothing left to end, and nothing to tell
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
