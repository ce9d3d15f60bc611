import test, { type ExecutionContext } from 'ava';
import { routes } from '../../server/routes.ts';
import { addClient, basic } from '../helpers/clients.ts';
import { refusal, toOauthOutcome, toOutcome } from '../helpers/refusals.ts';
import { logIn, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const withBody = routes.filter(({ body }) => body !== undefined);
const jsonPaths = withBody.filter(({ bodyType }) => bodyType !== 'form').map(({ path }) => path);
const formPaths = withBody.filter(({ bodyType }) => bodyType === 'form').map(({ path }) => path);

const JSON_TYPE = 'application/json';
const MALFORMED = refusal('malformed_body');
const UNSUPPORTED = refusal('unsupported_media_type');

/** Someone logged in, and what each endpoint with a JSON body would be sent in good faith. */
async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const { email } = await addUser(server.collections);
  const token = await logIn(server.url, email);
  const sessions = await server.collections.sessions.find().toArray();
  const good: Readonly<Record<string, Record<string, string>>> = {
    '/api/auth/login': { email, password: PASSWORD },
    '/api/auth/refresh': { refresh_token: 'rt1.x' },
    '/api/auth/change-password': {
      current_password: PASSWORD,
      new_password: 'staple battery horse',
    },
  };
  t.deepEqual(Object.keys(good).sort(), [...jsonPaths].sort());
  return { ...server, email, token, good, sessions };
}

type Fixture = Awaited<ReturnType<typeof openFixture>>;

interface Sent {
  readonly type?: string;
  readonly body: string;
}

/** Makes the body that is sent of one that would be sent in good faith. */
type Rows = Readonly<Record<string, (good: Record<string, string>) => Sent>>;

/** Every endpoint with a JSON body refuses each of these so; nothing is changed, and no session opened. */
async function assertRefused(t: ExecutionContext, expected: RegExp | string, rows: Rows) {
  const it = await openFixture(t);
  for (const path of jsonPaths) {
    for (const [name, make] of Object.entries(rows)) {
      const { type = JSON_TYPE, body } = make(it.good[path] ?? {});
      const headers = { authorization: `Bearer ${it.token}`, 'content-type': type };
      const outcome = toOutcome(await send(it.url + path, { method: 'POST', headers, body }));
      const isExpected = expected instanceof RegExp ? expected.test(outcome) : outcome === expected;
      t.true(isExpected, `${path} ${name}: ${outcome}`);
    }
  }
  await assertUntouched(t, it);
}

async function assertUntouched(
  t: ExecutionContext,
  { url, token, collections, sessions }: Fixture,
) {
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  t.deepEqual((await collections.sessions.find().toArray()).length, sessions.length);
}

test('A JSON body sent as text/plain or as a form, as other sites can without a preflight, is refused with 415 by every endpoint', (t) => {
  const as = (type: string) => (good: object) => ({ type, body: JSON.stringify(good) });
  return assertRefused(t, UNSUPPORTED, {
    'text/plain': as('text/plain'),
    'text/plain in UTF-8': as('text/plain;charset=UTF-8'),
    'a form': as('application/x-www-form-urlencoded'),
    multipart: as('multipart/form-data; boundary=x'),
    'JSON and text': as('application/json, text/plain'),
    'text that names JSON': as('text/plain; application/json'),
  });
});

test('A form with operators in brackets, email[$ne]=1 and its like, is refused with 415 by every endpoint', (t) => {
  const type = 'application/x-www-form-urlencoded';
  const each = (suffix: string) => (good: Record<string, string>) => ({
    type,
    body: Object.keys(good)
      .map((name) => `${name}${suffix}`)
      .join('&'),
  });
  return assertRefused(t, UNSUPPORTED, {
    '[$ne]=1': each('[$ne]=1'),
    '[$ne]=': each('[$ne]='),
    '[$gt]=': each('[$gt]='),
    '[$regex]=.*': each('[$regex]=.*'),
    '%5B%24ne%5D=1': each('%5B%24ne%5D=1'),
    '[]=1': each('[]=1'),
    '[__proto__][x]=1': each('[__proto__][x]=1'),
  });
});

test('JSON of 7,000 levels is refused with 400 by every endpoint, and exhausts no stack', (t) => {
  const deep = (open: string, close: string, levels: number) => (good: Record<string, string>) => {
    const [first = ''] = Object.keys(good);
    return { body: `{"${first}":${open.repeat(levels)}1${close.repeat(levels)}}` };
  };
  return assertRefused(t, MALFORMED, {
    '7,000 lists': deep('[', ']', 7_000),
    '2,500 objects': deep('{"a":', '}', 2_500),
    '9 lists': deep('[', ']', 9),
    '1,500 operators': deep('{"$not":', '}', 1_500),
  });
});

test('Operators of MongoDB in a JSON body are refused with 422 by every endpoint', (t) => {
  const operators: readonly unknown[] = [
    { $ne: null },
    { $gt: '' },
    { $regex: '.*' },
    { $exists: true },
    { $in: [] },
    { $where: 'sleep(10000)' },
    { $function: { body: 'function() {}', args: [], lang: 'js' } },
    [{ $ne: null }],
    { toString: 'x' },
    { length: 5 },
  ];
  const rows = operators.flatMap((operator): [string, Rows[string]][] => [
    [
      `all ${JSON.stringify(operator)}`,
      (good) => ({
        body: JSON.stringify(Object.fromEntries(Object.keys(good).map((name) => [name, operator]))),
      }),
    ],
    [
      `beside ${JSON.stringify(operator)}`,
      (good) => ({ body: JSON.stringify({ ...good, $or: [operator], $where: '1' }) }),
    ],
  ]);
  return assertRefused(t, /^422 invalid_input/, Object.fromEntries(rows));
});

test('__proto__ in a JSON body is refused by every endpoint, constructor and prototype too, and no object is changed', async (t) => {
  const member = (text: string) => (good: object) => ({
    body: JSON.stringify(good).replace('{', `{${text},`),
  });
  await assertRefused(t, /^(400 malformed_body|422 invalid_input)/, {
    __proto__: member('"__proto__":{"isAdmin":true}'),
    'an escaped __proto__': member('"\\u005f\\u005fproto__":{"isAdmin":true}'),
    'constructor.prototype': member('"constructor":{"prototype":{"isAdmin":true}}'),
    prototype: member('"prototype":{"isAdmin":true}'),
    'all in __proto__': (good) => ({ body: `{"__proto__":${JSON.stringify(good)}}` }),
    deeper: member('"a":{"__proto__":{"isAdmin":true}}'),
  });
  t.is(({} as { isAdmin?: unknown }).isAdmin, undefined);
});

test('A JSON member that is there twice is refused, so no two readers can differ about it', async (t) => {
  const it = await openFixture(t);
  const other = await addUser(it.collections);
  const twice = (first: string, last: string) =>
    `{"email":"${first}","password":"${PASSWORD}","email":"${last}"}`;
  const headers = { 'content-type': JSON_TYPE };
  for (const [first, last] of [
    [it.email, other.email],
    [other.email, it.email],
    [it.email, it.email],
  ] as const) {
    const init = { method: 'POST', headers, body: twice(first, last) };
    const { status, body } = await send(`${it.url}/api/auth/login`, init);
    t.deepEqual([status, body.code], [400, 'malformed_body']);
  }
  await assertUntouched(t, it);
});

test('A form endpoint reads no JSON, no multipart, no brackets and no parameter twice', async (t) => {
  const it = await openFixture(t);
  const client = await addClient(it.collections);
  const form = 'application/x-www-form-urlencoded';
  const sent: Readonly<Record<string, Sent>> = {
    JSON: { type: JSON_TYPE, body: JSON.stringify({ token: it.token }) },
    'JSON as a form': { type: form, body: JSON.stringify({ token: it.token }) },
    'text/plain': { type: 'text/plain', body: `token=${it.token}` },
    multipart: {
      type: 'multipart/form-data; boundary=x',
      body: `--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n${it.token}\r\n--x--\r\n`,
    },
    'an operator': { type: form, body: 'token[$ne]=1' },
    'an operator, escaped': { type: form, body: 'token%5B%24ne%5D=1' },
    'a list': { type: form, body: `token[]=${it.token}` },
    'one of __proto__': { type: form, body: `__proto__[token]=${it.token}` },
    'two tokens': { type: form, body: `token=${it.token}&token=x` },
  };
  for (const path of formPaths) {
    for (const [name, { type = '', body }] of Object.entries(sent)) {
      const headers = { ...basic(client), 'content-type': type };
      const answer = await send(it.url + path, { method: 'POST', headers, body });
      t.is(toOauthOutcome(answer), '400 invalid_request', `${path} ${name}`);
    }
  }
  await assertUntouched(t, it);
});
