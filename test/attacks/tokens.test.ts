import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { calculateJwkThumbprint } from 'jose';
import { toSeconds } from '../../lib/time.ts';
import { addClient, introspect, revoke } from '../helpers/clients.ts';
import { encode, forge, readClaims } from '../helpers/forged-tokens.ts';
import { newPair } from '../helpers/keys.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const INVALID = refusal('invalid_token');

async function openFixture(t: ExecutionContext, environment = {}) {
  const server = await testServer(t, environment);
  const user = await addUser(server.collections);
  return { ...server, user, honest: await logIn(server.url, user.email) };
}

/** Each of these is refused, and the honest token is not. */
async function assertRefused(
  t: ExecutionContext,
  { url, honest }: { url: string; honest: string },
  tokens: Readonly<Record<string, string>>,
) {
  for (const [name, token] of Object.entries(tokens)) {
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), INVALID, name);
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/logout`, 'POST')), INVALID, name);
  }
  t.is((await sendAs(honest, `${url}/api/auth/me`)).status, 200);
}

for (const alg of ['RS256', 'EdDSA'] as const) {
  test(`HS256 confusion: a server that signs by ${alg} refuses an HMAC keyed with what it publishes, raw PEM bytes among it`, async (t) => {
    const { privateKey, publicKey } = newPair(alg);
    const it = await openFixture(t, { JWT_PRIVATE_KEY: privateKey });
    const { keys } = (await send(`${it.url}/.well-known/jwks.json`)).body;
    const [jwk] = keys;
    const der = Buffer.from(publicKey.replaceAll(/-----.*?-----|\s/g, ''), 'base64');
    const materials = {
      'PEM bytes': publicKey,
      'PEM without its last line end': publicKey.trim(),
      'PEM with the other line ends': publicKey.replaceAll('\n', '\r\n'),
      DER: der,
      JWK: JSON.stringify(jwk),
      'the number in the JWK': Buffer.from(jwk.x ?? jwk.n, 'base64url'),
      kid: jwk.kid,
      nothing: '',
    };
    const tokens = Object.entries(materials).flatMap(([name, key]) =>
      [jwk.kid, undefined, ''].map((kid): [string, string] => {
        const header = encode(JSON.stringify({ alg: 'HS256', kid, typ: 'at+jwt' }));
        const signed = `${header}.${it.honest.split('.')[1]}`;
        const mac = createHmac('sha256', key).update(signed).digest('base64url');
        return [`${name}, kid ${kid}`, `${signed}.${mac}`];
      }),
    );
    await assertRefused(t, it, Object.fromEntries(tokens));
  });
}

test('An embedded jwk: a token that brings the key it was signed with is refused, whatever names it', async (t) => {
  const it = await openFixture(t);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  const own = await calculateJwkThumbprint(jwk);
  const { kid } = JSON.parse(Buffer.from(it.honest.split('.')[0] ?? '', 'base64url').toString());
  const signedWith = (header: object) => {
    const signed = `${encode(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', ...header }))}.${it.honest.split('.')[1]}`;
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  await assertRefused(t, it, {
    'its own name': signedWith({ kid: own, jwk }),
    'our name': signedWith({ kid, jwk }),
    'no name': signedWith({ jwk }),
    'the name alone': signedWith({ kid: own }),
    'a certificate': signedWith({ kid: own, x5c: [encode(JSON.stringify(jwk))] }),
    'our algorithm': signedWith({ alg: 'HS256', kid, jwk }),
  });
});

test('jku and x5u: no request is ever sent to an address that a token names', async (t) => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const it = await openFixture(t);
  await assertRefused(t, it, {
    jku: forge(it.honest, it.secret, { header: { jku: address } }),
    x5u: forge(it.honest, it.secret, { header: { x5u: address } }),
    'kid as an address': forge(it.honest, it.secret, { header: { kid: address } }),
    'iss as an address': forge(it.honest, it.secret, { claims: { iss: address } }),
  });
  t.is(asked, 0);
});

test('kid injection: a kid that is a path, a query, a command or a name of every object finds no key', async (t) => {
  const it = await openFixture(t);
  const kids: readonly unknown[] = [
    '../../../../dev/null',
    '/dev/null',
    '/proc/sys/kernel/randomize_va_space',
    "' OR '1'='1",
    "x' UNION SELECT 'key' -- ",
    '|/bin/true',
    '$(true)',
    '{"$ne":1}',
    '__proto__',
    'constructor',
    'toString',
    'has',
    '\0',
    '\u0000kid',
    'x'.repeat(2_000),
    { $ne: 1 },
    { $gt: '' },
    ['a'],
    null,
    true,
    0,
  ];
  const tokens = kids.flatMap((kid) => {
    const name = JSON.stringify(kid).slice(0, 40);
    const header = { kid };
    return [
      [`${name}, by the secret`, forge(it.honest, it.secret, { header })],
      [`${name}, by no bytes`, forge(it.honest, '', { header })],
      [`${name}, by a NUL`, forge(it.honest, '\0', { header })],
    ];
  });
  await assertRefused(t, it, Object.fromEntries(tokens));
});

/** The payload or header of a token with its members as text, so that they may be there twice. */
function withText(token: string, secret: string, texts: { header?: string; payload?: string }) {
  const [header = '', payload = ''] = token
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  const signed = `${encode(texts.header ?? header)}.${encode(texts.payload ?? payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

test('Duplicate members: a token with a duplicate alg, kid or claim is refused, in either order', async (t) => {
  const it = await openFixture(t);
  const [header = '', payload = ''] = it.honest
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  const twice = (text: string, member: string) => [
    text.replace('{', `{${member},`),
    text.replace(/}$/, `,${member}}`),
  ];
  t.is((await sendAs(withText(it.honest, it.secret, {}), `${it.url}/api/auth/me`)).status, 200);
  const { sub, exp } = readClaims(it.honest);
  const members = {
    header: ['"alg":"none"', '"alg":"HS256"', '"\\u0061lg":"HS256"', '"kid":"x"', '"typ":"JWT"'],
    payload: [
      `"sub":"${crypto.randomUUID()}"`,
      `"sub":"${sub}"`,
      '"\\u0073ub":"x"',
      `"exp":${exp + 1}`,
      '"aud":"another"',
      '"unknown":1,"unknown":2',
    ],
  };
  const headers = members.header.flatMap((member) => twice(header, member));
  const payloads = members.payload.flatMap((member) => twice(payload, member));
  await assertRefused(t, it, {
    ...Object.fromEntries(
      headers.map((text) => [text, withText(it.honest, it.secret, { header: text })]),
    ),
    ...Object.fromEntries(
      payloads.map((text) => [text, withText(it.honest, it.secret, { payload: text })]),
    ),
  });
});

test('Numbers beyond numbers: exp, iat and stamp of 1e308, 1e999 and the like are refused', async (t) => {
  const it = await openFixture(t);
  const payload = Buffer.from(it.honest.split('.')[1] ?? '', 'base64url').toString();
  const numbers = [
    '1e308',
    '1e999',
    '-1e999',
    '1e10',
    '9007199254740993',
    '0.5',
    '-0',
    '1E9',
    '01',
    '+1',
    '0x10',
    'NaN',
    'Infinity',
  ];
  const tokens = ['exp', 'iat', 'stamp', 'auth_time'].flatMap((claim) =>
    numbers.map((number): [string, string] => {
      const text = payload.replace(new RegExp(`"${claim}":\\d+`), `"${claim}":${number}`);
      t.not(text, payload);
      return [`${claim} ${number}`, withText(it.honest, it.secret, { payload: text })];
    }),
  );
  await assertRefused(t, it, Object.fromEntries(tokens));
});

test('__proto__ in a token: what it holds counts for nothing, and changes no other object', async (t) => {
  const it = await openFixture(t);
  const { collections, url, user } = it;
  const claims = readClaims(it.honest);
  const { sub: _, ...withoutSub } = claims;
  const own = (value: object) => `{"__proto__":${JSON.stringify(value)},`;
  const payload = JSON.stringify(claims);
  await assertRefused(t, it, {
    'in place of the claims': withText(it.honest, it.secret, {
      payload: `{"__proto__":${payload}}`,
    }),
    'in place of sub': withText(it.honest, it.secret, {
      payload: JSON.stringify(withoutSub).replace('{', own({ sub: claims.sub })),
    }),
    'in the header': withText(it.honest, it.secret, {
      header: '{"__proto__":{"alg":"HS256","kid":"x","typ":"at+jwt"}}',
    }),
  });
  const beside = withText(it.honest, it.secret, {
    payload: payload.replace('{', own({ roles: ['admin'], isAdmin: true })),
  });
  const { status, body } = await sendAs(beside, `${url}/api/auth/me`);
  t.like({ status, id: body.id, roles: body.roles }, { status: 200, id: user.id, roles: [] });
  t.is(toOutcome(await sendAs(beside, `${url}/api/admin/stats`)), refusal('forbidden'));
  t.is(({} as { isAdmin?: unknown }).isAdmin, undefined);
  t.is(await collections.revokedTokens.countDocuments({ kind: { $ne: 'deployment' } }), 0);
});

test('A flood of junk: only tokens that verify are stored as revoked, at logout and at /oauth/revoke', async (t) => {
  const { url, collections, honest } = await openFixture(t);
  const client = await addClient(collections);
  const now = toSeconds(Date.now());
  const junk = Array.from({ length: 150 }, (_, n) =>
    forge(honest, `not the secret ${n}`, { claims: { jti: crypto.randomUUID(), iat: now } }),
  );
  const answers = await Promise.all(
    junk.flatMap((token) => [
      sendAs(token, `${url}/api/auth/logout`, 'POST'),
      revoke(url, client, token),
      introspect(url, client, token),
      post(`${url}/api/auth/refresh`, { refresh_token: token }),
    ]),
  );
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  t.deepEqual([count(401), count(200), count(422)], [150, 300, 150]);
  t.is(await collections.revokedTokens.countDocuments({ kind: { $ne: 'deployment' } }), 0);
  t.is((await sendAs(honest, `${url}/api/auth/me`)).status, 200);
});
