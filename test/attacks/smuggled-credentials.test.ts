import test from 'ava';
import { converse } from '../helpers/server.ts';
import { assertHarmless, CHUNKED, request, shareFixture } from './smuggling.ts';

const shared = shareFixture();

test('Smuggling: no one is let in whose token is not in exactly one Authorization header', async (t) => {
  const me = (...headers: string[]) => request('GET /api/auth/me', ...headers, 'Connection: close');
  const filler = Array.from({ length: 2_500 }, () => 'a:');
  await assertHarmless(t, shared(), {
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
    'a similar letter': (token) => me(`\u0410uthorization: Bearer ${token}`),
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
  const { url, token } = shared();
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
