import test from 'ava';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { forge, readClaims } from '../helpers/forged-tokens.ts';
import { newPair } from '../helpers/keys.ts';
import { logIn, send, sendAs, serve, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const ISSUER = 'https://auth.example.com';
const AUDIENCE = 'https://shop.example.com';

/** A resource server of somebody else's, as RFC 9068 section 4 has it: it knows the URL of the keys, and nothing else. */
function resourceServer(url: string, algorithm: string) {
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  return async (token: string, expected: object = {}) => {
    const algorithms = [algorithm];
    const options = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms, ...expected };
    return (await jwtVerify(token, keys, options)).payload;
  };
}

for (const alg of ['EdDSA', 'RS256'] as const) {
  test(`A resource server verifies our ${alg} tokens by the keys it fetches, and no others`, async (t) => {
    const { privateKey } = newPair(alg);
    const names = { JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };
    const server = await testServer(t, { ...names, JWT_PRIVATE_KEY: privateKey });
    const { url, uri, secret, collections } = server;
    const user = await addUser(collections);
    const token = await logIn(url, user.email);
    const verify = resourceServer(url, alg);

    t.like(await verify(token), { ...readClaims(token), sub: user.id, client_id: 'rescind' });
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);

    await t.throwsAsync(verify(token, { audience: 'another' }), { message: /"aud"/ });
    await t.throwsAsync(verify(token, { issuer: 'another' }), { message: /"iss"/ });
    await t.throwsAsync(verify(token, { typ: 'JWT' }), { message: /"typ"/ });
    await t.throwsAsync(verify(token, { algorithms: ['HS256'] }), { message: /"alg"/ });
    const longer = { exp: readClaims(token).exp + 60 };
    await t.throwsAsync(verify(forge(token, secret, { claims: longer })), { message: /signature/ });

    const bySecret = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret, ...names });
    const other = await logIn(bySecret.url, user.email);
    t.is((await sendAs(other, `${url}/api/auth/me`)).status, 200);
    await t.throwsAsync(verify(other), { message: /"alg"/ });
  });
}

test('The key set may be cached for five minutes, and names public keys only', async (t) => {
  const [signing, next] = [newPair('EdDSA'), newPair('RS256')];
  const secrets = {
    JWT_SECRET_KEY: generateSecret(),
    JWT_SECRET_KEY_PREVIOUS: generateSecret(),
  };
  const { url } = await testServer(t, {
    ...secrets,
    JWT_PRIVATE_KEY: signing.privateKey,
    JWT_PUBLIC_KEYS: `${next.publicKey}\n${signing.publicKey}`,
  });
  const { status, headers, body } = await send(`${url}/.well-known/jwks.json`);
  t.is(status, 200);
  t.is(headers.get('cache-control'), 'public, max-age=300');
  t.is(headers.get('content-type'), 'application/json; charset=utf-8');
  t.deepEqual(
    body.keys.map((key: object) => Object.keys(key).sort()),
    [
      ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ],
  );
  t.deepEqual(
    body.keys.map(({ kty, alg, use }: Record<string, string>) => [kty, alg, use]),
    [
      ['OKP', 'EdDSA', 'sig'],
      ['RSA', 'RS256', 'sig'],
    ],
  );
});

test('The key set is empty where only secrets sign', async (t) => {
  const { url } = await testServer(t, { JWT_SECRET_KEY_PREVIOUS: generateSecret() });
  t.deepEqual((await send(`${url}/.well-known/jwks.json`)).body, { keys: [] });
});
