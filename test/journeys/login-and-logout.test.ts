import test from 'ava';
import { createIssuer, NEVER, readClaims } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope } from '../helpers/scope.ts';
import { logIn, post, sendAs, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** One server for the tests that need no database of their own: each has users of its own. */
const file = openScope();
const { url, secret, collections } = await testServer(file);
test.after.always(file.end);

test('A login returns a bearer token for 15 minutes, and the token names its user', async (t) => {
  const user = await addUser(collections, { roles: ['admin'] });

  const { status, body } = await post(`${url}/api/auth/login`, {
    email: user.email,
    password: PASSWORD,
  });
  t.is(status, 200);
  const { access_token, refresh_token, ...rest } = body;
  t.regex(refresh_token, /^rt1\./);
  t.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 });

  const me = await sendAs(access_token, `${url}/api/auth/me`);
  t.is(me.status, 200);
  t.deepEqual(me.body, {
    id: user.id,
    email: user.email,
    name: 'Test User',
    company_id: 'company-1',
    roles: ['admin'],
    session_id: readClaims(access_token).sid,
  });
});

test('logout revokes the token', async (t) => {
  const token = await logIn(url, (await addUser(collections)).email);
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);

  const { status, body } = await sendAs(token, `${url}/api/auth/logout`, 'POST');
  t.is(status, 200);
  t.deepEqual(body, { message: 'Successfully logged out', token_revoked: true });

  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
});

test('revoked tokens cannot reach protected endpoints', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  for (const [method, path] of [
    ['GET', '/api/auth/me'],
    ['POST', '/api/auth/revoke-all-tokens'],
  ] as const) {
    const { status, headers, body } = await sendAs(token, url + path, method);
    t.is(status, 401);
    t.like(body, { code: 'token_revoked', detail: 'Token has been revoked' });
    t.is(headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  }
  t.is(await collections.revokedTokens.countDocuments({ kind: 'user' }), 0);
});

test('other tokens keep working', async (t) => {
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  const others = [
    await logIn(url, email),
    await logIn(url, email),
    await logIn(url, (await addUser(collections)).email),
  ];
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  for (const other of others) {
    t.is((await sendAs(other, `${url}/api/auth/me`)).status, 200);
  }
});

test('logout revokes every token of its session', async (t) => {
  const user = await addUser(collections);
  const token = await logIn(url, user.email);
  const { sid: sessionId, stamp } = readClaims(token);
  const issuer = await createIssuer(secret);
  const twin = await issuer.issue({
    userId: user.id,
    sessionId,
    issuedAt: Date.now(),
    stamp,
    authTime: new Date(),
    endsAt: NEVER,
  });
  t.is((await sendAs(twin.token, `${url}/api/auth/me`)).status, 200);

  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  t.is(toOutcome(await sendAs(twin.token, `${url}/api/auth/me`)), refusal('token_revoked'));
});

test('the user can log in again after logout, and right after revoke-all', async (t) => {
  const { email } = await addUser(collections);
  const first = await logIn(url, email);
  await sendAs(first, `${url}/api/auth/logout`, 'POST');

  const second = await logIn(url, email);
  t.is((await sendAs(second, `${url}/api/auth/me`)).status, 200);
  await sendAs(second, `${url}/api/auth/revoke-all-tokens`, 'POST');

  const third = await logIn(url, email);
  t.is((await sendAs(third, `${url}/api/auth/me`)).status, 200);
  t.is(toOutcome(await sendAs(first, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.is(toOutcome(await sendAs(second, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
});

test('A token that was revoked at one server is refused at every other, and after a restart', async (t) => {
  const { url, uri, secret, collections } = await testServer(t);
  const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: secret };
  const other = await serve(t, environment);
  const token = await logIn(url, (await addUser(collections)).email);
  t.is((await sendAs(token, `${other.url}/api/auth/me`)).status, 200);

  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  t.is(toOutcome(await sendAs(token, `${other.url}/api/auth/me`)), refusal('token_revoked'));
  const restarted = await serve(t, environment);
  t.is(toOutcome(await sendAs(token, `${restarted.url}/api/auth/me`)), refusal('token_revoked'));
});
