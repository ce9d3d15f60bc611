import { randomUUID, webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { AuthError } from '../../../lib/errors.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../lib/time.ts';
import { type AccessTokens, createAccessTokens } from '../../../lib/tokens/access/access-tokens.ts';
import { createKeyRing } from '../../../lib/tokens/keys/key-ring.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';

const secret = generateSecret();
const keys = await createKeyRing([secret]);
const NOW = Date.UTC(2026, 10, 24, 12);
let now = NOW;
const options = {
  keys,
  issuer: 'rescind',
  audience: 'rescind',
  accessTokenTtl: 15 * MINUTE,
  clock: () => now,
};
const tokens = createAccessTokens(options);
const accept = acceptBy(tokens);

/** Takes the steps of the check that come before the read. */
function acceptBy({ verify, assertCurrent }: AccessTokens) {
  return async (token: string) => {
    const accessToken = verify(token);
    assertCurrent(accessToken);
    return accessToken;
  };
}

test.beforeEach(() => {
  now = NOW;
});

const input = () => ({
  userId: randomUUID(),
  sessionId: randomUUID(),
  issuedAt: now,
  stamp: NOW + 1,
  authTime: new Date(NOW),
  endsAt: new Date(NOW + 30 * DAY),
});

const goodClaims = () => ({
  iss: 'rescind',
  aud: 'rescind',
  sub: randomUUID(),
  sid: randomUUID(),
  client_id: 'rescind',
  jti: randomUUID(),
  iat: NOW / SECOND,
  exp: NOW / SECOND + 900,
  auth_time: NOW / SECOND,
  type: 'access',
  stamp: NOW,
});

function sign(
  claims: object,
  header: object = {},
  key: webcrypto.CryptoKey = keys.signing.cryptoKey,
) {
  const { alg, kid } = keys.signing;
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header })
    .sign(key);
}

const refused = { instanceOf: AuthError, code: 'invalid_token' } as const;

test.serial('an issued token is accepted and says what was put into it', async (t) => {
  const given = input();
  const { token, expiresIn } = await tokens.issue(given);
  const read = await accept(token);
  t.like(read, { userId: given.userId, sessionId: given.sessionId, stamp: given.stamp });
  t.is(read.kid, keys.signing.kid);
  t.is(read.expiresAt, NOW + 900 * SECOND);
  t.is(Buffer.from(read.hash, 'base64').length, 32);
  t.is(expiresIn, 900);
});

test.serial(
  'an issued token has the claims of RFC 9068 in whole seconds, and no others',
  async (t) => {
    now = NOW + 987;
    const { token } = await tokens.issue(input());
    const [header = '', payload = ''] = token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    const claims = JSON.parse(payload);
    t.deepEqual(JSON.parse(header), { alg: 'HS256', kid: keys.signing.kid, typ: 'at+jwt' });
    t.deepEqual(Object.keys(claims).sort(), Object.keys(goodClaims()).sort());
    t.true([claims.iat, claims.exp, claims.auth_time, claims.stamp].every(Number.isSafeInteger));
    t.is(claims.exp - claims.iat, 900);
  },
);

test.serial('a token is accepted until the very second of exp, and never after', async (t) => {
  const { token } = await tokens.issue(input());
  now = NOW + 900 * SECOND - 1;
  await t.notThrowsAsync(accept(token));
  now = NOW + 900 * SECOND;
  await t.throwsAsync(accept(token), refused);
});

test.serial('a token that has expired can still be read for logout', async (t) => {
  const { token } = await tokens.issue(input());
  now = NOW + 30 * DAY;
  t.notThrows(() => tokens.verify(token));
});

test.serial(
  'a token from up to 10 minutes ahead is accepted, from further ahead refused',
  async (t) => {
    const ahead = (by: number) => ({
      ...goodClaims(),
      iat: (NOW + by) / SECOND,
      exp: (NOW + by) / SECOND + 60,
    });
    await t.notThrowsAsync(sign(ahead(10 * MINUTE)).then(accept));
    await t.throwsAsync(sign(ahead(10 * MINUTE + SECOND)).then(accept), refused);
  },
);

test.serial('a lifetime of 24 hours is accepted, a longer one refused', async (t) => {
  const living = (ms: number) => ({ ...goodClaims(), exp: (NOW + ms) / SECOND });
  await t.notThrowsAsync(sign(living(24 * HOUR)).then(accept));
  await t.throwsAsync(sign(living(24 * HOUR + SECOND)).then(accept), refused);
});

test.serial(
  'unknown claims are ignored, so that servers of two versions can run side by side',
  async (t) => {
    await t.notThrowsAsync(
      sign({ ...goodClaims(), roles: ['admin'], extra: { deep: [1] } }).then(accept),
    );
  },
);

for (const claim of Object.keys(goodClaims())) {
  test.serial(`a token without ${claim}, or with one of another type, is refused`, async (t) => {
    const { [claim]: _, ...without } = goodClaims() as Record<string, unknown>;
    await t.throwsAsync(sign(without).then(accept), refused);
    for (const value of [
      null,
      true,
      { $ne: 1 },
      [],
      -1,
      1.5,
      claim === 'sub' ? 'x'.repeat(129) : 'x',
      '',
    ]) {
      await t.throwsAsync(
        sign({ ...without, [claim]: value }).then(accept),
        refused,
        String(value),
      );
    }
  });
}

for (const header of [
  { typ: 'JWT' },
  { typ: undefined },
  { typ: 'AT+JWT' },
  { kid: 'unknown' },
  { kid: undefined },
  { kid: { $ne: null } },
  { jwk: { kty: 'oct', k: 'AA' } },
  { jku: 'https://example.com/keys' },
  { x5c: [] },
  { cty: 'JWT' },
]) {
  test.serial(
    `a token whose header has ${inspect(header)} is refused, though its signature is good`,
    async (t) => {
      await t.throwsAsync(sign(goodClaims(), header).then(accept), refused);
    },
  );
}

test.serial('a token of another secret, another algorithm or none is refused', async (t) => {
  const other = await createKeyRing([generateSecret()]);
  await t.throwsAsync(sign(goodClaims(), {}, other.signing.cryptoKey).then(accept), refused);
  const hash = { name: 'HMAC', hash: 'SHA-512' };
  const hs512 = await webcrypto.subtle.importKey('raw', Buffer.from(secret), hash, false, ['sign']);
  await t.throwsAsync(sign(goodClaims(), { alg: 'HS512' }, hs512).then(accept), refused);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg: 'none', kid: keys.signing.kid, typ: 'at+jwt' });
  for (const signature of ['', 'AAAA']) {
    await t.throwsAsync(accept(`${header}.${part(goodClaims())}.${signature}`), refused);
  }
});

test.serial(
  'a token of a previous secret is accepted, and new ones are signed by the first',
  async (t) => {
    const ring = await createKeyRing([generateSecret(), secret]);
    const rotated = createAccessTokens({ ...options, keys: ring });
    const old = await tokens.issue(input());
    await t.notThrowsAsync(acceptBy(rotated)(old.token));
    const fresh = await rotated.issue(input());
    await t.throwsAsync(accept(fresh.token), refused);
  },
);

test.serial('whatever the verifier accepts has one key', async (t) => {
  const { token } = await tokens.issue(input());
  const { hash } = await accept(token);
  const character = fc.constantFrom(...'AZaz09-_=+/. \n\t%é\u200b');
  const edit = fc.record({
    at: fc.nat(token.length),
    remove: fc.nat(2),
    put: fc.string({ unit: character, maxLength: 2 }),
  });
  const oneKey = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
    const mutant = edits.reduce(
      (text, { at, remove, put }) => text.slice(0, at) + put + text.slice(at + remove),
      token,
    );
    const accepted = await accept(mutant).catch(() => undefined);
    return accepted === undefined || (mutant === token && accepted.hash === hash);
  });
  await t.notThrowsAsync(fc.assert(oneKey, { numRuns: 3_000 }) as Promise<void>);
});

test('options that cannot work are refused by name', (t) => {
  for (const ttl of [0, 999, 24 * HOUR + 1, Number.NaN]) {
    t.throws(() => createAccessTokens({ ...options, accessTokenTtl: ttl }), {
      instanceOf: TypeError,
      message: /"accessTokenTtl"/,
    });
  }
});

test('a weak secret makes no key ring, and the message names the fault and not the value', async (t) => {
  const weak = 'abcdef123456_random_secure_string_here';
  const error = await t.throwsAsync(createKeyRing([secret, weak]), { instanceOf: TypeError });
  t.regex(error.message, /"secrets\[1\]" is a value printed in a guide/);
  t.false(error.message.includes(weak));
  await t.throwsAsync(createKeyRing([]), { instanceOf: TypeError, message: /"secrets"/ });
});
