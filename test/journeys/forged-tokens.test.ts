import test, { type ExecutionContext } from 'ava';
import { DAY, MINUTE, SECOND, toSeconds } from '../../lib/time.ts';
import { type Changes, encode, forge, readClaims } from '../helpers/forged-tokens.ts';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** Each of these tokens is refused, for logout too, without an entry; the honest one it was made of is not. */
async function assertRefused(
  t: ExecutionContext,
  tokensFrom: (honest: string, secret: string) => Record<string, string>,
): Promise<void> {
  const server = await testServer(t);
  const { url, secret, collections } = server;
  const honest = await logIn(url, (await addUser(collections)).email);
  t.is((await sendAs(forge(honest, secret, {}), `${url}/api/auth/me`)).status, 200);

  const seen: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const [name, token] of Object.entries(tokensFrom(honest, secret))) {
    const answers = [
      await sendAs(token, `${url}/api/auth/me`),
      await sendAs(token, `${url}/api/auth/logout`, 'POST'),
    ];
    const leak = isLeaked(token, answers, server) ? ' and the token leaks' : '';
    seen[name] = answers.map(toOutcome).join(', ') + leak;
    expected[name] = [refusal('invalid_token'), refusal('invalid_token')].join(', ');
  }
  t.deepEqual(seen, expected);
  t.is(await collections.revokedTokens.countDocuments({ kind: { $ne: 'deployment' } }), 0);
  t.is((await sendAs(honest, `${url}/api/auth/me`)).status, 200);
}

/** A token for each set of changes, signed with the right secret: only the changes can be its fault. */
function forgeEach(token: string, secret: string, changes: Record<string, Changes>) {
  return Object.fromEntries(
    Object.entries(changes).map(([name, change]) => [name, forge(token, secret, change)]),
  );
}

test('A token without a signature is refused, in every spelling of alg:none', async (t) => {
  await assertRefused(t, (honest, secret) => {
    const tokens: Record<string, string> = {};
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const signed = forge(honest, secret, { header: { alg } });
      const unsigned = signed.slice(0, signed.lastIndexOf('.') + 1);
      tokens[`${alg}, signed`] = signed;
      tokens[`${alg}, empty signature`] = unsigned;
      tokens[`${alg}, junk signature`] = unsigned + encode('junk');
    }
    return tokens;
  });
});

test('A token is refused whose header is not exactly that of an access token', async (t) => {
  const others: Record<string, object> = {
    'alg HS384, with the same secret': { alg: 'HS384' },
    'alg HS512, with the same secret': { alg: 'HS512' },
    'alg RS256': { alg: 'RS256' },
    'alg in lower case': { alg: 'hs256' },
    'alg missing': { alg: undefined },
    'alg a list': { alg: ['HS256'] },
    'typ JWT': { typ: 'JWT' },
    'typ refresh': { typ: 'rt+jwt' },
    'typ in its long form': { typ: 'application/at+jwt' },
    'typ missing': { typ: undefined },
    'kid unknown': { kid: 'unknown' },
    'kid missing': { kid: undefined },
    'kid empty': { kid: '' },
    'kid a path': { kid: '../../../../dev/null' },
    'kid a query': { kid: { $ne: 1 } },
    'kid a number': { kid: 1 },
    'kid of every object': { kid: '__proto__' },
    'crit empty': { crit: [] },
    'crit exp': { crit: ['exp'] },
    'b64 false': { b64: false, crit: ['b64'] },
    'jwk inside': { jwk: { kty: 'oct', k: 'AAAA' } },
    'jku inside': { jku: 'https://example.com/keys' },
    'x5u inside': { x5u: 'https://example.com/cert' },
    'zip inside': { zip: 'DEF' },
    'cty inside': { cty: 'JWT' },
    'an unknown member': { extra: true },
  };
  await assertRefused(t, (honest, secret) => {
    const changes = Object.entries(others).map(([name, header]) => [name, { header }]);
    return forgeEach(honest, secret, Object.fromEntries(changes));
  });
});

test('A token is refused that lacks a claim', async (t) => {
  await assertRefused(t, (honest, secret) => {
    const names = Object.keys(readClaims(honest));
    t.is(names.length, 11);
    const changes = names.map((name) => [name, { claims: { [name]: undefined } }]);
    return forgeEach(honest, secret, Object.fromEntries(changes));
  });
});

test('A token is refused that has a claim of another type or value', async (t) => {
  const values: Record<string, readonly unknown[]> = {
    iss: ['', 'another', ['rescind'], null],
    aud: ['', 'another', ['rescind'], ['rescind', 'another'], {}],
    sub: ['', 1, 'x'.repeat(129), { $ne: 1 }, ['a'], null],
    sid: ['', 1, 'session', { $ne: 1 }, null],
    client_id: ['', 'another', null, 1],
    jti: ['', 1, null, {}],
    iat: ['1', -1, 1.5, null, 1e308, {}, true],
    exp: ['9999999999', -1, 1e10 + 0.5, null, 1e308, Number.MAX_SAFE_INTEGER, [], true],
    auth_time: ['1', -1, 1.5, null],
    type: ['', 'refresh', 'Access', null],
    stamp: ['1', -1, 1.5, null, 1e308, { $gt: 0 }],
  };
  await assertRefused(t, (honest, secret) => {
    const changes = Object.entries(values).flatMap(([name, list]) =>
      list.map((value) => [`${name} ${JSON.stringify(value)}`, { claims: { [name]: value } }]),
    );
    return forgeEach(honest, secret, Object.fromEntries(changes));
  });
});

test('A token is refused that would live too long', async (t) => {
  const [now, day] = [toSeconds(Date.now()), toSeconds(DAY)];
  await assertRefused(t, (honest, secret) =>
    forgeEach(honest, secret, {
      'a lifetime of 24 hours and a second': { claims: { iat: now, exp: now + day + 1 } },
      'a lifetime of a year': { claims: { iat: now, exp: now + 365 * day } },
    }),
  );
});

test('A token of a clock 11 minutes ahead is refused, but it can be revoked', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const honest = await logIn(url, (await addUser(collections)).email);
  const iat = toSeconds(Date.now() + 11 * MINUTE);
  const token = forge(honest, secret, { claims: { iat, exp: iat + 60 } });
  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('invalid_token'));
  t.is((await sendAs(token, `${url}/api/auth/logout`, 'POST')).status, 200);
});

test('A token of a clock 9 minutes ahead is accepted, and so is one that lives 24 hours', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const honest = await logIn(url, (await addUser(collections)).email);
  const now = toSeconds(Date.now());
  for (const claims of [
    { iat: now + toSeconds(9 * MINUTE), exp: now + toSeconds(10 * MINUTE) },
    { iat: now, exp: now + toSeconds(DAY) },
    { unknown: { claims: ['are', 'ignored'] } },
  ]) {
    const token = forge(honest, secret, { claims });
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200, JSON.stringify(claims));
  }
});

test('A token is refused whose payload is not an object in JSON', async (t) => {
  await assertRefused(t, (honest, secret) => {
    const claims = JSON.stringify(readClaims(honest));
    return forgeEach(honest, secret, {
      'a list': { payload: `[${claims}]` },
      'a string': { payload: JSON.stringify(claims) },
      null: { payload: 'null' },
      'a number': { payload: String(SECOND) },
      'no JSON': { payload: claims.slice(0, -1) },
      'not UTF-8': { payload: Buffer.from(claims.replace('access', 'acc\u00e9ss'), 'latin1') },
      'very deep': { payload: '['.repeat(1_400) + ']'.repeat(1_400) },
    });
  });
});
