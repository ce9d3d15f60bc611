import test from 'ava';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { createRefreshTokens } from '../../lib/tokens/refresh/refresh-tokens.ts';
import { addClient, basic, introspect, postForm } from '../helpers/clients.ts';
import { encode, forge, issueWithAge, readClaims } from '../helpers/forged-tokens.ts';
import { toOauthOutcome } from '../helpers/refusals.ts';
import { logIn, post, send, sendAs, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('An active token is returned with its claims and its user, without internal claims', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections, { roles: ['admin', 'auditor'], companyId: 'acme' });
  const token = await logIn(url, user.email);
  const { stamp: _, type: __, ...claims } = readClaims(token);

  const answer = await introspect(url, client, token);
  t.is(toOauthOutcome(answer), '200');
  t.deepEqual(answer.body, {
    active: true,
    ...claims,
    token_type: 'Bearer',
    username: user.email,
    company_id: 'acme',
    roles: ['admin', 'auditor'],
  });
  t.like(answer.body, { iss: 'rescind', aud: 'rescind', client_id: 'rescind', sub: user.id });
});

test('No hint changes the answer, right or wrong', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const token = await logIn(url, (await addUser(collections)).email);
  const { body } = await introspect(url, client, token);
  for (const hint of ['access_token', 'refresh_token', 'id_token', 'junk', '']) {
    const form = { token, token_type_hint: hint };
    const answer = await postForm(`${url}/oauth/introspect`, form, basic(client));
    t.deepEqual(answer.body, body, hint);
  }
});

test('What authenticate would not accept is {"active":false} to the byte, whatever the reason', async (t) => {
  const server = await testServer(t);
  const { url, secret, collections } = server;
  const client = await addClient(collections);
  const user = await addUser(collections);
  const { body } = await post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD });
  const token: string = body.access_token;
  const [header = '', payload = '', signature = ''] = token.split('.');
  const refreshTokens = await createRefreshTokens([secret]);
  const { sid: sessionId } = readClaims(token);

  const inactive: Record<string, string> = {
    junk: 'junk',
    dots: '..',
    'a NUL': '\0',
    Unicode: '😀',
    'a huge one': 'x'.repeat(16_000),
    'an operator': '{"$ne":1}',
    'half of one': token.slice(0, -20),
    'no signature': `${header}.${payload}.`,
    'another signature': `${header}.${payload}.${encode('x'.repeat(32))}`,
    're-spelled': `${token}=`,
    'with white space': ` ${token}`,
    'with its scheme': `Bearer ${token}`,
    'alg none': `${encode('{"alg":"none"}')}.${payload}.${signature}`,
    'by another key': await issueWithAge(0, generateSecret(), user),
    'of another issuer': forge(token, secret, { claims: { iss: 'other' } }),
    'of another audience': forge(token, secret, { claims: { aud: 'other' } }),
    'of another type': forge(token, secret, { header: { typ: 'JWT' } }),
    'from the future': await issueWithAge(-HOUR, secret, user),
    expired: await issueWithAge(HOUR, secret, user),
    'just expired': await issueWithAge(15 * MINUTE, secret, user),
    'of nobody': await issueWithAge(0, secret, { ...user, id: crypto.randomUUID() }),
    'a refresh token': body.refresh_token,
    'the next refresh token': refreshTokens.issue({ sessionId, counter: 1 }),
  };
  for (const [name, sent] of Object.entries(inactive)) {
    await assertInactive(name, sent);
  }
  t.true((await introspect(url, client, token)).body.active, 'the one they were made of');

  async function assertInactive(name: string, sent: string): Promise<void> {
    const response = await fetch(`${url}/oauth/introspect`, {
      method: 'POST',
      headers: basic(client),
      body: new URLSearchParams({ token: sent, token_type_hint: 'access_token' }),
    });
    t.is(response.status, 200, name);
    t.is(await response.text(), '{"active":false}', name);
  }
});

test('A token stops being active with its logout, its session, its user and its revoke-all', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const ends: Record<string, (token: string, userId: string) => Promise<unknown>> = {
    logout: (token) => sendAs(token, `${url}/api/auth/logout`, 'POST'),
    'the end of its session': (token) =>
      sendAs(token, `${url}/api/auth/sessions/${readClaims(token).sid}`, 'DELETE'),
    'revoke-all': (token) => sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    'a disabled user': (_token, _id) =>
      collections.users.updateOne({ _id }, { $set: { disabled_at: new Date() } }),
    'a user that is gone': (_token, _id) => collections.users.deleteOne({ _id }),
    'a revoked key': (token) => revokeKey(token),
  };
  for (const [name, end] of Object.entries(ends)) {
    const user = await addUser(collections);
    const token = await logIn(url, user.email);
    t.true((await introspect(url, client, token)).body.active, name);
    await end(token, user.id);
    t.deepEqual((await introspect(url, client, token)).body, { active: false }, name);
  }

  function revokeKey(token: string) {
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    return collections.revokedTokens.insertOne({
      _id: `key:${kid}`,
      kind: 'key',
      revoked_at: new Date(),
      writes: 1,
      fenced_writes: 1,
    });
  }
});

test('A token that a server with another secret issued is active where that secret is known', async (t) => {
  const { uri, url, secret, collections } = await testServer(t);
  const client = await addClient(collections);
  const rotated = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY_PREVIOUS: secret });
  const token = await logIn(url, (await addUser(collections)).email);
  t.true((await introspect(rotated.url, client, token)).body.active);
  const stranger = await serve(t, { MONGODB_URI: uri });
  t.deepEqual((await introspect(stranger.url, client, token)).body, { active: false });
});

test('The log has one line for a request, and neither the token nor the secret', async (t) => {
  const { url, log, collections } = await testServer(t);
  const client = await addClient(collections);
  const user = await addUser(collections);
  const token = await logIn(url, user.email);
  const before = log.length;
  await introspect(url, client, token);
  await introspect(url, { ...client, clientSecret: 'x'.repeat(43) }, token);
  await postForm(`${url}/oauth/introspect`, {}, basic(client));
  await send(`${url}/oauth/introspect`, { method: 'POST' });
  t.deepEqual(
    log.slice(before).map(({ path, status, code }) => [path, status, code]),
    [
      ['/oauth/introspect', 200, undefined],
      ['/oauth/introspect', 401, 'invalid_client'],
      ['/oauth/introspect', 400, 'malformed_form'],
      ['/oauth/introspect', 400, 'malformed_form'],
    ],
  );
  const text = JSON.stringify(log);
  for (const secret of [token, client.clientSecret, basic(client).authorization, user.email]) {
    t.false(text.includes(secret));
  }
});
