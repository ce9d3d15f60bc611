import test from 'ava';
import { post, send, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD, PASSWORD_HASH } from '../helpers/users.ts';

const WRONG = 'hunter2 is not it';
const IP = '203.0.113.7';
const FROM = { 'x-forwarded-for': IP, 'user-agent': 'audit-test/1' };
const CALLER = { ip: IP, user_agent: 'audit-test/1' };

test('A login, a failed one, a logout and a revoke-all are in the audit trail, each with who and whence', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const user = await addUser(collections, { companyId: 'acme' });
  const { email } = user;
  const logIn = (requestId: string, credentials: object) =>
    post(`${url}/api/auth/login`, credentials, { ...FROM, 'x-request-id': requestId });
  const act = (requestId: string, token: string, path: string) =>
    send(url + path, {
      method: 'POST',
      headers: { ...FROM, 'x-request-id': requestId, authorization: `Bearer ${token}` },
    });

  await logIn('request-1', { email, password: WRONG });
  await logIn('request-2', { email: 'nobody@example.com', password: WRONG });
  const first = await logIn('request-3', { email: ` ${email.toUpperCase()}`, password: PASSWORD });
  await act('request-4', first.body.access_token, '/api/auth/logout');
  const second = await logIn('request-5', { email, password: PASSWORD });
  await act('request-6', second.body.access_token, '/api/auth/revoke-all-tokens');

  const events = await collections.auditEvents
    .find({}, { projection: { _id: 0 } })
    .sort({ request_id: 1 })
    .toArray();
  const someone = { ...CALLER, user_id: user.id, company_id: 'acme', actor_id: user.id };
  const no_one = { ...CALLER, user_id: null, company_id: null, actor_id: null };
  const login = { ...someone, action: 'user_login', details: { email } };
  t.deepEqual(
    events.map(({ at: _, ...event }) => event),
    [
      {
        ...someone,
        action: 'login_failed',
        request_id: 'request-1',
        details: { email, reason: 'wrong_password' },
      },
      {
        ...no_one,
        action: 'login_failed',
        request_id: 'request-2',
        details: { email: 'nobody@example.com', reason: 'unknown_account' },
      },
      { ...login, request_id: 'request-3' },
      {
        ...someone,
        action: 'user_logout',
        request_id: 'request-4',
        details: { email, token_revoked: true },
      },
      { ...login, request_id: 'request-5' },
      {
        ...someone,
        action: 'all_tokens_revoked',
        request_id: 'request-6',
        details: { reason: 'user_requested' },
      },
    ],
  );
  for (const { at } of events) t.true(Math.abs(Date.now() - at.getTime()) < 60_000);

  const trail = JSON.stringify(events);
  const tokens = [first.body.access_token, second.body.access_token];
  const signatures = tokens.map((token) => token.split('.')[2]);
  for (const secret of [PASSWORD, WRONG, PASSWORD_HASH, ...tokens, ...signatures]) {
    t.false(trail.includes(secret));
  }
});

test('A request that is refused before anything happens leaves no audit event', async (t) => {
  const { url, collections } = await testServer(t);
  await post(`${url}/api/auth/login`, { email: 'not an address', password: WRONG });
  await post(`${url}/api/auth/logout`, {}, { authorization: 'Bearer junk' });
  await post(`${url}/api/auth/revoke-all-tokens`, {}, { authorization: 'Bearer junk' });
  t.is(await collections.auditEvents.countDocuments(), 0);
});
