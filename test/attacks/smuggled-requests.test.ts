import { METHODS } from 'node:http';
import test from 'ava';
import { converse, sendAs } from '../helpers/server.ts';
import { assertHarmless, CHUNKED, type Rows, request, shareFixture } from './smuggling.ts';

/** Node 20.19's parser takes any two bytes for the end of a chunk; the one that came with QUERY does not. */
const STRICT_PARSER = METHODS.includes('QUERY');

const shared = shareFixture();

/** A request that an attacker hides behind or inside another one: done, it ends the token. */
function logoutWith(token: string): string {
  return request('POST /api/auth/logout', `Authorization: Bearer ${token}`, 'Connection: close');
}

const LOGIN = 'POST /api/auth/login';
const JSON_TYPE = 'Content-Type: application/json';

/** A login whose body is framed by these headers, and is this. */
function login(body: string, ...framing: string[]): string {
  return request(LOGIN, JSON_TYPE, ...framing) + body;
}

test('Smuggling: a request whose length can be read in two ways is refused, and what is hidden in it is not done', async (t) => {
  const behind =
    (body: string) =>
    (...framing: string[]) =>
    (token: string) =>
      login(body + logoutWith(token), ...framing);
  const behindChunks = behind('0\r\n\r\n');
  const behindBraces = behind('{}');
  const rows: Rows = {
    'CL.TE': behindChunks('Content-Length: 6', CHUNKED),
    'TE.CL': behindChunks(CHUNKED, 'Content-Length: 500'),
    'TE.CL, hidden in a chunk': (token) => {
      const hidden = logoutWith(token);
      const size = hidden.length.toString(16);
      return login(
        `${size}\r\n${hidden}\r\n0\r\n\r\n`,
        CHUNKED,
        `Content-Length: ${size.length + 2}`,
      );
    },
    'two lengths': behindBraces('Content-Length: 2', 'Content-Length: 500'),
    'two lengths alike': behindBraces('Content-Length: 2', 'Content-Length: 2'),
    'a list of lengths': behindBraces('Content-Length: 2, 500'),
    'a length with a sign': behindBraces('Content-Length: +2'),
    'a length in hex': behindBraces('Content-Length: 0x2'),
    'an empty length': (token) => login(logoutWith(token), 'Content-Length:'),
    'a length and a space before the colon': behindBraces(
      'Content-Length : 500',
      'Content-Length: 2',
    ),
    'an encoding and a space before the colon': behindBraces(
      'Transfer-Encoding : chunked',
      'Content-Length: 2',
    ),
    'an encoding that is none': behindChunks('Transfer-Encoding: xchunked'),
    'an encoding behind a vertical tab': behindChunks('Transfer-Encoding: \x0bchunked'),
    'an encoding in quotes': behindChunks('Transfer-Encoding: "chunked"'),
    'an encoding with a parameter': behindChunks('Transfer-Encoding: chunked;a=b'),
    'an encoding behind a comma': behindChunks('Transfer-Encoding: ,chunked'),
    'two encodings in one line': behindChunks('Transfer-Encoding: identity, chunked'),
    'two encodings in two lines': behindChunks('Transfer-Encoding: identity', CHUNKED),
    'two encodings, the last one unknown': behindChunks(CHUNKED, 'Transfer-Encoding: identity'),
    'the same encoding twice': behindChunks('Transfer-Encoding: chunked, chunked'),
    'a folded encoding': behindChunks('Transfer-Encoding:\r\n chunked'),
    'an encoding in HTTP/1.0': (token) =>
      login(`0\r\n\r\n${logoutWith(token)}`, 'Connection: keep-alive', CHUNKED).replace(
        '1.1',
        '1.0',
      ),
    'an encoding behind a bare line feed': behindBraces(
      'X: y\nTransfer-Encoding: chunked',
      'Content-Length: 2',
    ),
    'an encoding behind a bare carriage return': behindBraces(
      'X: y\rTransfer-Encoding: chunked',
      'Content-Length: 2',
    ),
  };
  await assertHarmless(t, shared(), rows);
});

test('Smuggling: a chunk that is broken ends the connection, and what is hidden behind it is not done', async (t) => {
  const chunks = (bytes: string) => (token: string) => login(bytes + logoutWith(token), CHUNKED);
  await assertHarmless(t, shared(), {
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
  await assertHarmless(t, shared(), {
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
    'HTTP/2 without an upgrade': (token) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${logoutWith(token)}`,
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
  await assertHarmless(t, shared(), {
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
  const { url, token } = shared();
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
