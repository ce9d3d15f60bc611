import test from 'ava';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { sendAs, testServer } from '../helpers/server.ts';
import { age, refresh, type Tokens } from '../helpers/sessions.ts';
import { enter, type Fixture, openFixture } from './sessions.ts';

test('The list has each session with its device, address and times, the newest first, and marks the current one', async (t) => {
  const { open, list, collections } = await openFixture(t, { TRUST_PROXY: '1' });
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
  const { url, open, list, collections } = await openFixture(t);
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

type Ending = (fixture: Fixture, other: Tokens, asking: Tokens) => Promise<unknown>;

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
      fenced_writes: 1,
    }),
  'has expired': ({ collections }, other) =>
    age(collections, other.sessionId, 8 * DAY, ['expires_at']),
  "is at or before the user's cutoff": async ({ collections, userId }, other) => {
    const old = await collections.sessions.findOne({ _id: other.sessionId });
    const revoked_before = new Date(Number(old?.stamp) - HOUR);
    const entry = {
      kind: 'user',
      user_id: userId,
      revoked_at: new Date(),
      writes: 1,
      fenced_writes: 1,
    } as const;
    await collections.sessions.updateOne(
      { _id: other.sessionId },
      { $set: { stamp: revoked_before } },
    );
    await collections.revokedTokens.insertOne({ _id: `user:${userId}`, ...entry, revoked_before });
  },
  'was stolen': async ({ url, collections }, other) => {
    const { body } = await refresh(url, other.refresh);
    await refresh(url, body.refresh_token);
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
    t.deepEqual(await it.listIds(asking), [asking.sessionId, other.sessionId], what);
    await end(it, other, asking);
    t.deepEqual(await it.listIds(asking), [asking.sessionId], what);
  }
});

test('revoke-others ends what has just expired, too, and does not count it: clocks differ', async (t) => {
  const { url, open, list, collections } = await openFixture(t);
  const own = await open();
  const other = await open();
  await age(collections, other.sessionId, 7 * DAY + MINUTE, ['expires_at']);
  t.deepEqual(
    (await list(own)).map(({ id }: { id: string }) => id),
    [own.sessionId],
  );
  const { status, body } = await sendAs(
    own.access,
    `${url}/api/auth/sessions/revoke-others`,
    'POST',
  );
  t.like({ status, ...body }, { status: 200, sessions_ended: 0 });
  t.like(await sendAs(other.access, `${url}/api/auth/me`), {
    status: 401,
    body: { code: 'token_revoked' },
  });
});

test('After a revoke-all only the sessions of later logins are shown', async (t) => {
  const { url, open, listIds } = await openFixture(t);
  await open();
  await sendAs((await open()).access, `${url}/api/auth/revoke-all-tokens`, 'POST');
  const fresh = await open();
  t.deepEqual(await listIds(fresh), [fresh.sessionId]);
});
