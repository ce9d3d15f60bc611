import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { underFault } from '../helpers/failpoint.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serve, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

const AT_ONCE = 50;

test('After the grace an exchanged token is a theft, and nothing of the session lives on', async (t) => {
  const { url, uri, secret, collections } = await testServer(t);
  const other = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const { email } = await addUser(collections);
  const beside = await openSession(url, email);
  const first = await openSession(url, email);
  const second = toTokens(await refresh(url, first.refresh));
  await age(collections, first.sessionId, 2 * MINUTE);
  const third = toTokens(await refresh(other.url, second.refresh));
  t.is((await sendAs(third.access, `${url}/api/auth/me`)).status, 200);
  await age(collections, first.sessionId, 2 * MINUTE);

  const stolen = refusal('refresh_token_reused');
  t.is(toOutcome(await refresh(url, second.refresh)), stolen);
  for (const at of [url, other.url]) {
    for (const { access } of [first, second, third]) {
      t.is(toOutcome(await sendAs(access, `${at}/api/auth/me`)), refusal('token_revoked'));
    }
    for (const tokens of [first, second, third]) {
      t.is(toOutcome(await refresh(at, tokens.refresh)), stolen);
    }
  }
  await assertLives(beside);

  async function assertLives(tokens: Tokens) {
    t.is((await sendAs(tokens.access, `${url}/api/auth/me`)).status, 200);
    t.is((await refresh(url, tokens.refresh)).status, 200);
  }
});

test(`${AT_ONCE} stolen tokens at the same time, after the grace, are all refused as reused`, async (t) => {
  const { url, collections } = await testServer(t);
  const first = await openSession(url, (await addUser(collections)).email);
  const second = toTokens(await refresh(url, first.refresh));
  t.is((await sendAs(second.access, `${url}/api/auth/me`)).status, 200);
  await age(collections, first.sessionId, 2 * MINUTE);
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => refresh(url, first.refresh)),
  );
  t.deepEqual(new Set(answers.map(toOutcome)), new Set([refusal('refresh_token_reused')]));
  for (const { access } of [first, second]) {
    t.is(toOutcome(await sendAs(access, `${url}/api/auth/me`)), refusal('token_revoked'));
  }
});

test('A theft whose revocation fails is answered 503, and the next attempt makes up for it', async (t) => {
  const { url, db, collections } = await testServer(t, { REFRESH_GRACE: '0s' });
  const first = await openSession(url, (await addUser(collections)).email);
  const second = toTokens(await refresh(url, first.refresh));
  t.is((await sendAs(second.access, `${url}/api/auth/me`)).status, 200);
  const namespace = `${db.databaseName}.revoked_tokens`;
  const fault = { mode: { times: 1 }, failCommands: ['update'], namespace, errorCode: 8000 };
  const answer = await underFault(fault, () => refresh(url, first.refresh));
  t.like(answer, { status: 503, body: { code: 'store_unavailable' } });
  t.is(await collections.revokedTokens.countDocuments({ kind: 'session' }), 0);

  t.is(toOutcome(await refresh(url, second.refresh)), refusal('refresh_token_reused'));
  for (const { access } of [first, second]) {
    t.is(toOutcome(await sendAs(access, `${url}/api/auth/me`)), refusal('token_revoked'));
  }
});

test('Without a grace the second use is a theft as soon as the successor was used', async (t) => {
  const { url, collections } = await testServer(t, { REFRESH_GRACE: '0s' });
  const first = await openSession(url, (await addUser(collections)).email);
  const second = toTokens(await refresh(url, first.refresh));
  t.is(toTokens(await refresh(url, first.refresh)).refresh, second.refresh);
  t.is((await sendAs(second.access, `${url}/api/auth/me`)).status, 200);
  t.is(toOutcome(await refresh(url, first.refresh)), refusal('refresh_token_reused'));
  t.is(toOutcome(await refresh(url, second.refresh)), refusal('refresh_token_reused'));
});

test('A retry and a theft are in the audit trail, a plain refresh is not', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const user = await addUser(collections, { companyId: 'acme' });
  const from = { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'audit-test/1' };
  const first = await openSession(url, user.email, from);
  const { sessionId: session_id } = first;
  const exchange = (id: string) => refresh(url, first.refresh, { ...from, 'x-request-id': id });
  await exchange('request-1');
  const elsewhere = { ...from, 'user-agent': 'renderer/2', 'x-request-id': 'request-2' };
  await refresh(url, first.refresh, elsewhere);
  await age(collections, session_id, 2 * MINUTE);
  const { access } = toTokens(await exchange('request-3'));
  await sendAs(access, `${url}/api/auth/me`);
  await age(collections, session_id, 2 * MINUTE);
  await exchange('request-4');

  const find = () =>
    collections.auditEvents
      .find({ action: /^refresh/ }, { projection: { _id: 0, at: 0 } })
      .sort({ request_id: 1 })
      .toArray();
  await waitFor('Three events', async () => (await find()).length >= 3); // nobody waits for the first one
  const someone = {
    user_id: user.id,
    company_id: 'acme',
    actor_id: user.id,
    ip: '203.0.113.7',
    user_agent: 'audit-test/1',
  };
  t.deepEqual(await find(), [
    {
      ...someone,
      action: 'refresh_token_retried',
      user_agent: 'renderer/2',
      request_id: 'request-2',
      details: { session_id, counter: 1, rotated_by: 'audit-test/1', after_grace: false },
    },
    {
      ...someone,
      action: 'refresh_token_retried',
      request_id: 'request-3',
      details: { session_id, counter: 1, rotated_by: 'audit-test/1', after_grace: true },
    },
    {
      ...someone,
      action: 'refresh_token_reused',
      request_id: 'request-4',
      details: { session_id },
    },
  ]);
});
