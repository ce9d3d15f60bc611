import { METHODS } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { Owner } from '../helpers/owner.ts';
import { send, sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';
import { tokenOfAge } from '../journeys/forged-tokens.ts';
import { ageDeployment } from '../races/login-parts.ts';
import { type Conversation, converse, request } from './wire.ts';

/** Node 20.19's parser takes any two bytes for the end of a chunk; the one that came with QUERY does not. */
const STRICT_PARSER = METHODS.includes('QUERY');

interface Scene extends TestServer {
  /** A new token of a session of its own. */
  token(): Promise<string>;
}

async function scene(t: Owner, environment = {}): Promise<Scene> {
  const server = await testServer(t, environment);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections);
  return { ...server, token: () => tokenOfAge(0, server.secret, user) };
}

let shared: Scene;
const cleanups: (() => unknown)[] = [];
test.before(async () => {
  shared = await scene({ teardown: (cleanup) => cleanups.unshift(cleanup) });
});
test.after.always(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** Requests by what is odd about them, made with a good token. */
type Rows = Readonly<Record<string, (token: string) => string>>;

/** None of these is answered with 2xx or 5xx, and none of them, nor what is hidden in it, has ended a token. */
async function assertHarmless(t: ExecutionContext, rows: Rows) {
  const { url, token } = shared;
  const seen = Object.entries(rows).map(async ([name, make]): Promise<[string, string]> => {
    const used = await token();
    const { statuses, text } = await converse(url, make(used));
    const isRefused = statuses.length > 0 && statuses.every(isRefusal) && !text.includes('"email"');
    const { status } = await sendAs(used, `${url}/api/auth/me`);
    return [name, isRefused && status === 200 ? HARMLESS : `${statuses}, then ${status}`];
  });
  const expected = Object.keys(rows).map((name) => [name, HARMLESS]);
  t.deepEqual(await Promise.all(seen), expected);
  t.is((await send(`${url}/livez`)).status, 200);
}

const HARMLESS = 'refused, and the token lives';

/** 100 is no answer yet. */
function isRefusal(status: number): boolean {
  return status === 100 || (status >= 400 && status < 500);
}

/** What an attacker hides behind or inside a request: done, it ends the token. */
function logoutWith(token: string): string {
  return request('POST /api/auth/logout', `Authorization: Bearer ${token}`, 'Connection: close');
}

const LOGIN = 'POST /api/auth/login';
const JSON_TYPE = 'Content-Type: application/json';
const CHUNKED = 'Transfer-Encoding: chunked';

/** A login whose body is framed by these headers, and is this. */
function login(body: string, ...framing: string[]): string {
  return request(LOGIN, JSON_TYPE, ...framing) + body;
}

test('Smuggling: a request whose length can be read in two ways is refused, and what is hidden in it is not done', async (t) => {
  const rows: Rows = {
    'CL.TE': (token) => login(`0\r\n\r\n${logoutWith(token)}`, 'Content-Length: 6', CHUNKED),
    'TE.CL': (token) => login(`0\r\n\r\n${logoutWith(token)}`, CHUNKED, 'Content-Length: 500'),
    'TE.CL, hidden in a chunk': (token) => {
      const hidden = logoutWith(token);
      const size = hidden.length.toString(16);
      return login(
        `${size}\r\n${hidden}\r\n0\r\n\r\n`,
        CHUNKED,
        `Content-Length: ${size.length + 2}`,
      );
    },
    'two lengths': (token) =>
      login(`{}${logoutWith(token)}`, 'Content-Length: 2', 'Content-Length: 500'),
    'two lengths alike': (token) =>
      login(`{}${logoutWith(token)}`, 'Content-Length: 2', 'Content-Length: 2'),
    'a list of lengths': (token) => login(`{}${logoutWith(token)}`, 'Content-Length: 2, 500'),
    'a length with a sign': (token) => login(`{}${logoutWith(token)}`, 'Content-Length: +2'),
    'a length in hex': (token) => login(`{}${logoutWith(token)}`, 'Content-Length: 0x2'),
    'an empty length': (token) => login(logoutWith(token), 'Content-Length:'),
    'a length and a space before the colon': (token) =>
      login(`{}${logoutWith(token)}`, 'Content-Length : 500', 'Content-Length: 2'),
    'an encoding and a space before the colon': (token) =>
      login(`{}${logoutWith(token)}`, 'Transfer-Encoding : chunked', 'Content-Length: 2'),
    'an encoding that is none': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: xchunked'),
    'an encoding behind a vertical tab': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: \x0bchunked'),
    'an encoding in quotes': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: "chunked"'),
    'an encoding with a parameter': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: chunked;a=b'),
    'an encoding behind a comma': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: ,chunked'),
    'two encodings in one line': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: identity, chunked'),
    'two encodings in two lines': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: identity', CHUNKED),
    'two encodings, the last one unknown': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, CHUNKED, 'Transfer-Encoding: identity'),
    'the same encoding twice': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding: chunked, chunked'),
    'a folded encoding': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Transfer-Encoding:\r\n chunked'),
    'an encoding in HTTP/1.0': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Connection: keep-alive', CHUNKED).replace(
        '1.1',
        '1.0',
      ),
    'an encoding behind a bare line feed': (token) =>
      login(`{}${logoutWith(token)}`, 'X: y\nTransfer-Encoding: chunked', 'Content-Length: 2'),
    'an encoding behind a bare carriage return': (token) =>
      login(`{}${logoutWith(token)}`, 'X: y\rTransfer-Encoding: chunked', 'Content-Length: 2'),
  };
  await assertHarmless(t, rows);
});

test('Smuggling: a chunk that is broken ends the connection, and what is hidden behind it is not done', async (t) => {
  const chunks = (bytes: string) => (token: string) => login(bytes + logoutWith(token), CHUNKED);
  await assertHarmless(t, {
    'a size in another notation': chunks('0x2\r\n{}\r\n0\r\n\r\n'),
    'a size with a sign': chunks('+2\r\n{}\r\n0\r\n\r\n'),
    'a size and a space': chunks('2 \r\n{}\r\n0\r\n\r\n'),
    'a size beyond 64 bits': chunks('10000000000000002\r\n{}\r\n0\r\n\r\n'),
    'a size that is no number': chunks('zz\r\n{}\r\n0\r\n\r\n'),
    'no size': chunks('\r\n{}\r\n0\r\n\r\n'),
    'a line feed alone': chunks('2\n{}\n0\n\n'),
    'a carriage return alone': chunks('2\r{}\r0\r\r'),
    'a line feed in an extension': chunks('2;\n{}\r\n0\r\n\r\n'),
    'a quote in an extension that stays open': chunks('2;a="\r\n{}\r\n0;b="\n\r\n'),
    'a NUL in an extension': chunks('2;a=\0\r\n{}\r\n0\r\n\r\n'),
    ...(STRICT_PARSER && { 'a chunk that is longer than its size': chunks('2\r\n{}xx0\r\n\r\n') }),
  });
});

test('Smuggling: nothing is done that comes on a connection behind a malformed request', async (t) => {
  const behind =
    (line: string, ...headers: string[]) =>
    (token: string) =>
      request(line, ...headers) + logoutWith(token);
  await assertHarmless(t, {
    'two Hosts': behind('GET /livez', 'Host: a', 'Host: b'),
    'two Hosts alike, in other case': behind('GET /livez', 'Host: a', 'HOST: a'),
    'no Host': (token) => `GET /livez HTTP/1.1\r\n\r\n${logoutWith(token)}`,
    'a target that is no path': behind('GET livez'),
    'a target that is no URL': behind('GET http://[::1/livez'),
    'a name with a space behind it': behind('GET /livez', 'X : y'),
    'a name with a space in it': behind('GET /livez', 'X Y: z'),
    'no name': behind('GET /livez', ': y'),
    'a NUL in a name': behind('GET /livez', 'X\0: y'),
    'a NUL in a value': behind('GET /livez', 'X: \0'),
    'a fold': behind('GET /livez', 'X: y', ' z'),
    'an expectation that nobody can meet': behind('GET /livez', 'Expect: miracles'),
    'an expectation that can be met, and another': behind('GET /livez', 'Expect: 100-continue, x'),
    'an unknown version': (token) => `GET /livez HTTP/1.2\r\nHost: x\r\n\r\n${logoutWith(token)}`,
    'HTTP/2 without asking': (token) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${logoutWith(token)}`,
    'two good requests behind it': (token) =>
      request('GET /livez', 'Host: a', 'Host: b') + request('GET /livez') + logoutWith(token),
  });
});

test('Smuggling: what is sent as a body is never done as a request, whatever becomes of the body', async (t) => {
  const body =
    (line: string, ...headers: string[]) =>
    (token: string) => {
      const hidden = logoutWith(token);
      return (
        request(line, 'Connection: close', `Content-Length: ${hidden.length}`, ...headers) + hidden
      );
    };
  await assertHarmless(t, {
    'of a login': body(LOGIN, JSON_TYPE),
    'of another type': body(LOGIN, 'Content-Type: text/plain'),
    'of a path that is not there': body('POST /nowhere'),
    'of a method that is not there': body('PUT /api/auth/me'),
    'of a GET without a token': body('GET /api/auth/me'),
    'of a logout without a token': body('POST /api/auth/logout'),
    'with Connection naming its length': body(LOGIN, JSON_TYPE, 'Connection: Content-Length'),
    'with an upgrade': body('GET /api/auth/me', 'Connection: Upgrade', 'Upgrade: h2c'),
  });
});

test('Smuggling: a request that is sound, behind one that is sound, is done (so what was hidden above would have been seen)', async (t) => {
  const { url, token } = shared;
  const rows: Rows = {
    'a length': (used) => login(`{}${logoutWith(used)}`, 'Content-Length: 2'),
    'a length with zeros before it': (used) => login(`{}${logoutWith(used)}`, 'Content-Length: 02'),
    chunks: (used) => login(`2\r\n{}\r\n0\r\n\r\n${logoutWith(used)}`, CHUNKED),
    'chunks in other case': (used) =>
      login(`2\r\n{}\r\n0\r\n\r\n${logoutWith(used)}`, 'TRANSFER-ENCODING: Chunked'),
    'chunks with an extension': (used) =>
      login(`2;a=b\r\n{}\r\n0\r\n\r\n${logoutWith(used)}`, CHUNKED),
    'chunks with trailers': (used) =>
      login(`2\r\n{}\r\n0\r\nX: y\r\n\r\n${logoutWith(used)}`, CHUNKED),
  };
  for (const [name, make] of Object.entries(rows)) {
    const used = await token();
    t.deepEqual((await converse(url, make(used))).statuses, [422, 200], name);
    t.is((await sendAs(used, `${url}/api/auth/me`)).status, 401, name);
  }
});

test('Smuggling: no one is let in whose token is not in exactly one Authorization header', async (t) => {
  const me = (...headers: string[]) => request('GET /api/auth/me', ...headers, 'Connection: close');
  const filler = Array.from({ length: 2_500 }, () => 'a:');
  await assertHarmless(t, {
    'two alike': (token) => me(`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`),
    'two in other case': (token) => me(`authorization: Bearer ${token}`, 'AUTHORIZATION: Bearer x'),
    'a bad one first': (token) => me('Authorization: Bearer x', `aUTHORIZATION: Bearer ${token}`),
    'an empty one first': (token) => me('Authorization:', `Authorization: Bearer ${token}`),
    'an empty one last': (token) => me(`Authorization: Bearer ${token}`, 'Authorization:'),
    'three, with others between': (token) =>
      me('Authorization: x', 'X: y', `Authorization: Bearer ${token}`, 'Y: z', 'Authorization: z'),
    'a second one behind 2,500 others': (token) =>
      me(`Authorization: Bearer ${token}`, ...filler, 'Authorization: Bearer x'),
    'a list of two': (token) => me(`Authorization: Bearer ${token}, Bearer ${token}`),
    'a bad one and a good one in a list': (token) => me(`Authorization: Bearer x, Bearer ${token}`),
    'one half in each of two': (token) =>
      me(`Authorization: Bearer ${token.slice(0, 200)}`, `Authorization: ${token.slice(200)}`),
    'a space before the colon': (token) => me(`Authorization : Bearer ${token}`),
    'a tab before the colon': (token) => me(`Authorization\t: Bearer ${token}`),
    'a space before the colon, and one that is good': (token) =>
      me('Authorization : Bearer x', `Authorization: Bearer ${token}`),
    'a space before the name': (token) => me('X: y', ` Authorization: Bearer ${token}`),
    'a fold before the token': (token) => me('Authorization: Bearer', ` ${token}`),
    'a fold in the token': (token) =>
      me(`Authorization: Bearer ${token.slice(0, 99)}`, `\t${token.slice(99)}`),
    'a NUL behind the name': (token) => me(`Authorization\0: Bearer ${token}`),
    'a NUL before the token': (token) => me(`Authorization: Bearer \0${token}`),
    'a NUL behind the token': (token) => me(`Authorization: Bearer ${token}\0`),
    'a line feed in another header': (token) => me(`X: y\nAuthorization: Bearer ${token}`),
    'a carriage return in another header': (token) => me(`X: y\rAuthorization: Bearer ${token}`),
    'a line feed and a second one': (token) =>
      me(`Authorization: Bearer ${token}`, 'X: y\nAuthorization: Bearer x'),
    'no colon': (token) => me(`Authorization Bearer ${token}`),
    'another name': (token) =>
      me(`Proxy-Authorization: Bearer ${token}`, `X-Authorization: Bearer ${token}`),
    'an underscore in the name': (token) =>
      me(`Authorization_: Bearer ${token}`, `HTTP_AUTHORIZATION: Bearer ${token}`),
    'a letter that looks alike': (token) => me(`\u0410uthorization: Bearer ${token}`),
    'the request line': (token) =>
      `GET /api/auth/me HTTP/1.1 Authorization: Bearer ${token}\r\nHost: x\r\n\r\n`,
    'a URL with it for a user': (token) =>
      request(`GET http://Bearer:${token}@x/api/auth/me`, 'Host: x'),
    'another scheme': (token) => me(`Authorization: Token ${token}`),
    'the scheme without a space': (token) => me(`Authorization: Bearer${token}`),
    'a tab behind the scheme': (token) => me(`Authorization: Bearer\t${token}`),
    'a non-breaking space behind the scheme': (token) => me(`Authorization: Bearer\u00a0${token}`),
    'a trailer': (token) =>
      request('GET /api/auth/me', CHUNKED, 'Trailer: Authorization') +
      `0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    'a trailer of a logout': (token) =>
      `${request('POST /api/auth/logout', CHUNKED)}0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  });
});

test('Smuggling: a token in exactly one Authorization header is read whatever is beside it', async (t) => {
  const { url, token } = shared;
  const used = await token();
  const bearer = `Authorization: Bearer ${used}`;
  const rows: Readonly<Record<string, string>> = {
    plain: request('GET /api/auth/me', bearer),
    'other case': request('GET /api/auth/me', `aUTHORIZATION: bEARER   ${used}`),
    'space around it': request('GET /api/auth/me', `Authorization: \t Bearer ${used} \t `),
    'behind a thousand others': request('GET /api/auth/me', ...Array(1_000).fill('a:'), bearer),
    'HTTP/1.0 without Host': `GET /api/auth/me HTTP/1.0\r\n${bearer}\r\n\r\n`,
    'a URL for a target': request('GET http://elsewhere.example/api/auth/me', bearer, 'Host: x'),
    'an upgrade that is not offered': request(
      'GET /api/auth/me',
      bearer,
      'Connection: Upgrade',
      'Upgrade: h2c',
    ),
    'a trailer with another': `${request('GET /api/auth/me', bearer, CHUNKED)}0\r\nAuthorization: Bearer x\r\n\r\n`,
    'empty lines before it': `\r\n\r\n${request('GET /api/auth/me', bearer)}`,
  };
  for (const [name, bytes] of Object.entries(rows)) {
    const closing = bytes.replace('Host: x', 'Host: x\r\nConnection: close');
    t.deepEqual((await converse(url, closing)).statuses, [200], name);
  }
});

/** Ways to write a path that some proxy or framework takes for another one. */
const PATHS = [
  '/api/auth/%6de',
  '/api/auth/%6De',
  '/%61pi/auth/me',
  '//api/auth/me',
  '/api//auth/me',
  '/api/auth/me/',
  '/api/auth/me//',
  '/api/auth/me/.',
  '/api/auth/./me',
  '/api/auth/x/../me',
  '/livez/../api/auth/me',
  '/livez/..%2fapi/auth/me',
  '/livez%2f..%2fapi%2fauth%2fme',
  '/livez/%2e%2e/api/auth/me',
  '/api/auth/me;x',
  '/api/auth;x=y/me',
  '/api/auth/me%3b',
  '/api/auth/me%00',
  '/api/auth/me%20',
  '/api/auth/me%23',
  '/api/auth/me%3f',
  '/api/auth/me.json',
  '/api/auth/ME',
  '/api/auth/me%252e',
  '/api\\auth\\me',
  '\\api\\auth\\me',
  '/api/auth/me\\',
  '/api/auth/m%C3%A9',
  '/api/auth/m\u00e9',
  '/api/auth/me?/livez',
  '/api/auth/me#/livez',
  'http://x//api/auth/me',
  'http://x/api/auth/%6de',
  'http:///api/auth/me',
  'x:/api/auth/me',
  '?/api/auth/me',
];

test('Smuggling: no spelling of a path lets anyone in without a token', async (t) => {
  const { url } = shared;
  const others = ['/api/auth/sessions', '/api/admin/stats', '/api/admin/users/%2e%2e/sessions'];
  for (const path of [...PATHS, ...others]) {
    const { statuses } = await converse(url, request(`GET ${path}`, 'Connection: close'));
    t.true(statuses.length === 1 && statuses.every(isRefusal), `${path} ${statuses}`);
  }
});

test('Smuggling: no path reaches a protected route in another spelling, which a rule of a proxy would miss', async (t) => {
  const { url, token, log } = await scene(t);
  const bearer = `Authorization: Bearer ${await token()}`;
  const same = ['/api/auth/me?/livez', '/api/auth/me#/livez'];
  for (const path of PATHS.filter((each) => !same.includes(each))) {
    const { statuses } = await converse(url, request(`GET ${path}`, bearer, 'Connection: close'));
    t.true(statuses.length === 1 && statuses.every(isRefusal), `${path} ${statuses}`);
  }
  t.false(log.some(({ path }) => path === '/api/auth/me'));
});

test('Smuggling: no header or parameter changes the method or the path of a request', async (t) => {
  const { url, token, log } = await scene(t);
  const used = await token();
  const overrides = [
    'X-HTTP-Method-Override: POST',
    'X-HTTP-Method: POST',
    'X-Method-Override: POST',
    'X-Original-URL: /api/auth/logout',
    'X-Rewrite-URL: /api/auth/logout',
    'X-Forwarded-Path: /api/auth/logout',
    'X-Forwarded-Prefix: /api/auth/logout',
    'X-Forwarded-Host: elsewhere.example',
  ];
  const answers: Conversation[] = [];
  for (const target of [
    '/api/auth/logout',
    '/api/auth/logout?_method=POST',
    '/livez?_method=POST',
  ]) {
    const bearer = `Authorization: Bearer ${used}`;
    answers.push(
      await converse(url, request(`GET ${target}`, bearer, ...overrides, 'Connection: close')),
    );
  }
  t.deepEqual(
    answers.map(({ statuses }) => statuses[0]),
    [405, 405, 200],
  );
  t.deepEqual(
    log.filter(({ msg }) => msg === 'request').map(({ method }) => method),
    ['GET', 'GET', 'GET'],
  );
  t.is((await sendAs(used, `${url}/api/auth/me`)).status, 200);
});

const SPOOFED = [
  'X-Forwarded-For: 203.0.113.1',
  'X-Forwarded-For: 203.0.113.2, 203.0.113.3',
  'Forwarded: for=203.0.113.4',
  'X-Real-IP: 203.0.113.5',
  'X-Client-IP: 203.0.113.6',
  'True-Client-IP: 203.0.113.7',
];

for (const [trusted, expected] of [
  ['0', '127.0.0.1'],
  ['1', '203.0.113.3'],
  ['2', '203.0.113.2'],
] as const) {
  test(`Smuggling: with TRUST_PROXY=${trusted} an address is believed only as far as that many proxies have written it`, async (t) => {
    const { url, log } = await scene(t, { TRUST_PROXY: trusted });
    await converse(url, request('GET /livez', ...SPOOFED, 'Connection: close'));
    t.is(log.at(-1)?.['ip'], expected);
  });
}
