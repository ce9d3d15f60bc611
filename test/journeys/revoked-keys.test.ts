import test, { type ExecutionContext } from 'ava';
import { decodeProtectedHeader } from 'jose';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { newPair } from '../helpers/keys.ts';
import { run, SERVER, startServerProcess } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { post, send, sendAs, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** Writes the same as `rescind revoke --key`. */
async function revokeKey(collections: Collections, kid: string): Promise<void> {
  const cause = { reason: 'key_leaked', revokedBy: 'rescind revoke' };
  await revocationsOn(collections).revokeKey({ kid, ...cause });
}

/** A server whose key this is, and somebody who has logged in. */
async function loggedIn(t: ExecutionContext, environment: Record<string, string> = {}) {
  const server = await testServer(t, environment);
  const { email } = await addUser(server.collections);
  const { body } = await post(`${server.url}/api/auth/login`, { email, password: PASSWORD });
  const kids = {
    access: String(decodeProtectedHeader(body.access_token).kid),
    refresh: String(body.refresh_token.split('.')[1]),
  };
  return { ...server, email, kids, token: body.access_token, refreshToken: body.refresh_token };
}

const KEYS: Readonly<Record<string, () => Record<string, string>>> = {
  HS256: () => ({}),
  EdDSA: () => ({ JWT_PRIVATE_KEY: newPair('EdDSA').privateKey }),
  RS256: () => ({ JWT_PRIVATE_KEY: newPair('RS256').privateKey }),
};

for (const [alg, environment] of Object.entries(KEYS)) {
  test(`A token of a revoked ${alg} key is refused at the very next request, though its signature is remembered`, async (t) => {
    const { url, collections, token, kids } = await loggedIn(t, environment());
    t.is(decodeProtectedHeader(token).alg, alg);
    for (let use = 0; use < 2; use++) t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
    await revokeKey(collections, kids.access);
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
  });

  test(`A token of a revoked ${alg} key logs nobody out: it is refused, and nothing is written`, async (t) => {
    const { url, collections, token, kids } = await loggedIn(t, environment());
    await revokeKey(collections, kids.access);
    const before = await written(collections);
    const answer = await sendAs(token, `${url}/api/auth/logout`, 'POST');
    t.is(toOutcome(answer), refusal('token_revoked'));
    t.deepEqual(await written(collections), before);
  });
}

test('A refresh token of a revoked secret is refused, on every server', async (t) => {
  const { url, uri, secret, collections, refreshToken, kids } = await loggedIn(t);
  const env = { JWT_SECRET_KEY: generateSecret(), JWT_SECRET_KEY_PREVIOUS: secret };
  const other = await serve(t, { MONGODB_URI: uri, ...env });
  await revokeKey(collections, kids.refresh);
  for (const server of [url, other.url]) {
    const { status, body } = await post(`${server}/api/auth/refresh`, {
      refresh_token: refreshToken,
    });
    t.deepEqual([status, body.code], [401, 'refresh_token_revoked']);
  }
});

test('The tokens of other keys live on', async (t) => {
  const { JWT_PRIVATE_KEY = '' } = KEYS['EdDSA']?.() ?? {};
  const { url, uri, secret, collections, ...first } = await loggedIn(t, { JWT_PRIVATE_KEY });
  const other = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const credentials = { email: first.email, password: PASSWORD };
  const second = (await post(`${other.url}/api/auth/login`, credentials)).body;
  await revokeKey(collections, first.kids.access);
  t.is(toOutcome(await sendAs(first.token, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.is((await sendAs(second.access_token, `${url}/api/auth/me`)).status, 200);
  const refreshed = { refresh_token: first.refreshToken };
  const { status, body } = await post(`${other.url}/api/auth/refresh`, refreshed);
  t.is(status, 200);
  t.is((await sendAs(body.access_token, `${url}/api/auth/me`)).status, 200);
});

test('A server whose own key is revoked is not ready, and names the key and how to replace it', async (t) => {
  const { JWT_PRIVATE_KEY = '' } = KEYS['EdDSA']?.() ?? {};
  for (const [environment, kid, fault] of [
    [{}, 'access', /^The key \S+ of .*, which makes all tokens, has been revoked.*JWT_SECRET_KEY/],
    [{ JWT_PRIVATE_KEY }, 'access', /, which signs .* JWT_PRIVATE_KEY.* --key EdDSA$/],
    [{ JWT_PRIVATE_KEY }, 'refresh', /, which makes refresh tokens, has been .*JWT_SECRET_KEY/],
  ] as const) {
    const { url, collections, kids } = await loggedIn(t, environment);
    t.deepEqual((await send(`${url}/readyz`)).body.checks.signing_key, { ok: true });
    await revokeKey(collections, kids[kid]);
    const { status, body } = await send(`${url}/readyz`);
    t.deepEqual([status, body.status], [503, 'not_ready']);
    const { ok, detail, needs_operator } = body.checks.signing_key;
    t.deepEqual([ok, needs_operator], [false, true]);
    t.regex(detail, fault);
    t.true(detail.includes(kids[kid]));
    t.true(detail.includes('npm run -s generate-secret'));
  }
});

test('A server does not start with a revoked key, and starts once it only verifies', async (t) => {
  const { uri, secret, collections, kids } = await loggedIn(t);
  await revokeKey(collections, kids.access);
  const env = { MONGODB_URI: uri, PORT: '0', HOST: '127.0.0.1' };
  const revoked = { ...env, JWT_SECRET_KEY: secret };
  const { code, stderr } = await run(t, process.execPath, [SERVER], { env: revoked });
  t.is(code, 78);
  t.regex(
    stderr,
    /^rescind cannot start\. The key \S+ of .* Replace JWT_SECRET_KEY\. Generate a new one with: npm run/,
  );
  t.false(stderr.includes(secret));
  const replaced = { JWT_SECRET_KEY: generateSecret(), JWT_SECRET_KEY_PREVIOUS: secret };
  const { url } = await startServerProcess(t, { ...env, ...replaced });
  t.is((await send(`${url}/readyz`)).status, 200);
});

/** All that a logout could have written. */
async function written({ revokedTokens, sessions, auditEvents }: Collections) {
  return {
    revoked: await revokedTokens.find().sort({ _id: 1 }).toArray(),
    ended: await sessions.countDocuments({ ended_at: { $exists: true } }),
    events: await auditEvents.countDocuments(),
  };
}
