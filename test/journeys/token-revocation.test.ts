import test from 'ava';
import { HOUR } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { addClient, basic, introspect, postForm, revoke } from '../helpers/clients.ts';
import { createIssuer, forge, issueWithAge, NEVER, readClaims } from '../helpers/forged-tokens.ts';
import { refusal, toOauthOutcome, toOutcome } from '../helpers/refusals.ts';
import { post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const REVOKED = { status: 200, body: {} };
const INACTIVE = { active: false };

async function logInFully(url: string, email: string) {
  const { body } = await post(`${url}/api/auth/login`, { email, password: PASSWORD });
  return { token: String(body.access_token), refreshToken: String(body.refresh_token) };
}

test('A revoked access token is refused everywhere at once, and it alone', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections);
  const { token, refreshToken } = await logInFully(url, user.email);
  const { sid: sessionId, stamp } = readClaims(token);
  const now = { issuedAt: Date.now(), authTime: new Date() };
  const issued = { userId: user.id, sessionId, stamp, ...now, endsAt: NEVER };
  const twin = (await (await createIssuer(secret)).issue(issued)).token;

  const answer = await revoke(url, client, token);
  t.like(answer, REVOKED);
  t.is(toOauthOutcome(answer), '200');

  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.deepEqual((await introspect(url, client, token)).body, INACTIVE);
  t.is((await sendAs(twin, `${url}/api/auth/me`)).status, 200);
  const refreshed = await post(`${url}/api/auth/refresh`, { refresh_token: refreshToken });
  t.is(refreshed.status, 200, 'the session lives on');

  const entry = await collections.revokedTokens.findOne({ kind: 'token' });
  t.like(entry, { user_id: user.id, reason: 'client_requested', revoked_by: client.clientId });
  t.is(await collections.revokedTokens.countDocuments({ kind: 'session' }), 0);
});

test('A revoked refresh token ends its session, with every token of it', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections);
  const { token, refreshToken } = await logInFully(url, user.email);
  const other = await logInFully(url, user.email);

  t.like(await revoke(url, client, refreshToken), REVOKED);

  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.deepEqual((await introspect(url, client, token)).body, INACTIVE);
  const { status, body } = await post(`${url}/api/auth/refresh`, { refresh_token: refreshToken });
  t.deepEqual([status, body.code], [401, 'refresh_token_revoked']);
  t.is((await sendAs(other.token, `${url}/api/auth/me`)).status, 200);

  const entry = await collections.revokedTokens.findOne({ kind: 'session' });
  t.is(entry?._id, `session:${readClaims(token).sid}`);
  t.like(entry, { user_id: user.id, reason: 'client_requested', revoked_by: client.clientId });
});

test('A refresh token that was exchanged before ends the session of the newest one too', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const { refreshToken } = await logInFully(url, (await addUser(collections)).email);
  const { body } = await post(`${url}/api/auth/refresh`, { refresh_token: refreshToken });

  t.like(await revoke(url, client, refreshToken), REVOKED);
  t.is(toOutcome(await sendAs(body.access_token, `${url}/api/auth/me`)), refusal('token_revoked'));
});

test('A hint is only a hint: none, a right one and a wrong one do the same', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  for (const kind of ['token', 'refreshToken'] as const) {
    for (const hint of [undefined, '', 'access_token', 'refresh_token', 'id_token', '{}']) {
      const tokens = await logInFully(url, (await addUser(collections)).email);
      const form = { token: tokens[kind], ...(hint !== undefined && { token_type_hint: hint }) };
      t.like(await postForm(`${url}/oauth/revoke`, form, basic(client)), REVOKED);
      const me = await sendAs(tokens.token, `${url}/api/auth/me`);
      t.is(toOutcome(me), refusal('token_revoked'), `${kind} ${hint}`);
    }
  }
});

test('A repeated revocation is answered 200 and written again, and so is one of an expired token', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const client = await addClient(collections);
  const expired = await issueWithAge(HOUR, secret, await addUser(collections));
  for (let round = 1; round <= 3; round++) {
    t.like(await revoke(url, client, expired), REVOKED);
    t.is((await collections.revokedTokens.findOne({ kind: 'token' }))?.writes, round);
  }
});

test('What is no token of ours is answered 200, and leaves nothing behind', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections);
  const { token, refreshToken } = await logInFully(url, user.email);
  const events = await collections.auditEvents.countDocuments();
  const [, , session = '', , mac = ''] = refreshToken.split('.');
  for (const [name, sent] of Object.entries({
    junk: 'junk',
    'a NUL': 'a\0b',
    'a huge one': 'x'.repeat(16_000),
    're-spelled': `${token}=`,
    'by another key': await issueWithAge(0, generateSecret(), user),
    'of another type': forge(token, secret, { header: { typ: 'JWT' } }),
    'of another issuer': forge(token, secret, { claims: { iss: 'other' } }),
    'a session': session,
    'a refresh token with another session': refreshToken.replace(session, crypto.randomUUID()),
    'a refresh token with another counter': refreshToken.replace('.0.', '.1.'),
    'a refresh token without its mac': refreshToken.replace(mac, ''),
    'half a refresh token': refreshToken.slice(0, 60),
  })) {
    const answer = await revoke(url, client, sent);
    t.is(toOauthOutcome(answer), '200', name);
    t.deepEqual(answer.body, {}, name);
  }
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  t.is(await collections.revokedTokens.countDocuments({ kind: { $ne: 'deployment' } }), 0);
  t.is(await collections.auditEvents.countDocuments(), events);
});

test('A refresh token revokes its session also where no document of it is found, and then names no user', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const { refreshToken } = await logInFully(url, (await addUser(collections)).email);
  await collections.sessions.deleteMany({});
  t.like(await revoke(url, client, refreshToken), REVOKED);
  const entry = await collections.revokedTokens.findOne({ kind: 'session' });
  t.is(entry?._id, `session:${refreshToken.split('.')[2]}`);
  t.is(entry?.user_id, undefined);
});

test('Tokens of a revoked key order nothing: whoever has the key could revoke for anyone', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const { token, refreshToken } = await logInFully(url, (await addUser(collections)).email);
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  const entry = { kind: 'key', revoked_at: new Date(), writes: 1, fenced_writes: 1 } as const;
  await collections.revokedTokens.insertOne({ _id: `key:${kid}`, ...entry });
  for (const sent of [token, refreshToken]) t.like(await revoke(url, client, sent), REVOKED);
  const written = { kind: { $in: ['token', 'session'] as const } };
  t.is(await collections.revokedTokens.countDocuments(written), 0);
});

test('A client that is refused revokes nothing', async (t) => {
  const { url, collections } = await testServer(t);
  const client = { ...(await addClient(collections)), clientSecret: 'x'.repeat(43) };
  const { token, refreshToken } = await logInFully(url, (await addUser(collections)).email);
  for (const sent of [token, refreshToken]) {
    t.is(toOauthOutcome(await revoke(url, client, sent)), '401 invalid_client');
  }
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
});

test('Each revocation is in the audit trail, with the client that requested it', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections, { companyId: 'acme' });
  const { token, refreshToken } = await logInFully(url, user.email);
  await revoke(url, client, token);
  await revoke(url, client, refreshToken);

  const action = 'token_revoked_by_client';
  const events = await collections.auditEvents.find({ action }).sort({ at: 1, _id: 1 }).toArray();
  const common = { user_id: user.id, company_id: 'acme', actor_id: client.clientId };
  t.deepEqual(
    events.map(({ user_id, company_id, actor_id, details }) => [
      { user_id, company_id, actor_id },
      details,
    ]),
    ['access_token', 'refresh_token'].map((token_type) => [
      common,
      { client_name: 'Test client', token_type, session_id: readClaims(token).sid },
    ]),
  );
  t.false(JSON.stringify(events).includes(token));
  t.false(JSON.stringify(events).includes(refreshToken));
});
