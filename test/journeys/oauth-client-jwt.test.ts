import { generateKeyPairSync } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import * as oauth from 'oauth4webapi';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { logIn, serve, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** A server that signs with a private key, and a token of a user. */
async function openFixture(t: ExecutionContext) {
  const { url, uri, collections } = await testServer(t, { JWT_PRIVATE_KEY: newPrivateKey() });
  const token = await logIn(url, (await addUser(collections)).email);
  return { url, uri, token };
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Validates a token as a resource server elsewhere does, by the public keys alone. */
function validate(url: string, token: string, audience = 'rescind') {
  const as = { issuer: 'rescind', jwks_uri: `${url}/.well-known/jwks.json` };
  const request = new Request('http://resource.example/', {
    headers: { authorization: `Bearer ${token}` },
  });
  return oauth.validateJwtAccessToken(as, request, audience, {
    [oauth.allowInsecureRequests]: true,
  });
}

test('oauth4webapi validates an access token by the published keys (RFC 9068)', async (t) => {
  const { url, token } = await openFixture(t);
  t.deepEqual({ ...(await validate(url, token)) }, readClaims(token));
});

test('oauth4webapi refuses a token for another audience, of another key, and one that was changed', async (t) => {
  const { url, uri, token } = await openFixture(t);
  const stranger = await serve(t, {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    JWT_PRIVATE_KEY: newPrivateKey(),
  });
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.stringify({ ...readClaims(token), sub: crypto.randomUUID() });
  const changed = `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`;

  const refused = (work: Promise<unknown>, message: RegExp) => t.throwsAsync(work, { message });
  await refused(validate(url, token, 'another-audience'), /"aud" \(audience\)/);
  await refused(validate(stranger.url, token), /no applicable keys found/);
  await refused(validate(url, changed), /signature verification failed/);
  await refused(
    validate(url, `${header}.${payload}.${'A'.repeat(86)}`),
    /signature verification failed/,
  );
});
