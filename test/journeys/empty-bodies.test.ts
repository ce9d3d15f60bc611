import test from 'ava';
import { adminServer } from '../helpers/admin.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendRaw, testServer } from '../helpers/server.ts';

/** The ways to frame a body without a byte in it. */
const EMPTY: Readonly<Record<string, readonly string[]>> = {
  'no length': [],
  'a length of 0': ['Content-Length: 0'],
  'a length of 0, with a type': ['Content-Length: 0', 'Content-Type: application/json'],
  'a length of 0, of another type': ['Content-Length: 0', 'Content-Type: text/plain'],
};
const NO_CHUNK = ['Transfer-Encoding: chunked'];

function post(url: string, path: string, headers: readonly string[], body = '') {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', body];
  return sendRaw(url, lines.join('\r\n'));
}

test('An empty body is no body: where none is read it is let through, however it is framed', async (t) => {
  const { url, token } = await adminServer(t);
  const path = '/api/admin/revoke-everyone?dry_run=true';
  const authorization = `Authorization: Bearer ${token}`;
  for (const [name, headers] of Object.entries(EMPTY)) {
    t.is(toOutcome(await post(url, path, [authorization, ...headers])), '200', name);
  }
  t.is(toOutcome(await post(url, path, [authorization, ...NO_CHUNK], '0\r\n\r\n')), '200');
  for (const [headers, body] of [
    [['Content-Length: 1'], ' '],
    [NO_CHUNK, '1\r\n \r\n0\r\n\r\n'],
  ] as const) {
    const answer = await post(url, path, [authorization, ...headers], body);
    t.is(toOutcome(answer), refusal('unexpected_body'), body);
  }
});

test('An empty body is no body: where one is needed it is missing, whatever its Content-Type', async (t) => {
  const { url } = await testServer(t);
  for (const [name, headers] of Object.entries(EMPTY)) {
    t.is(toOutcome(await post(url, '/api/auth/login', headers)), refusal('malformed_body'), name);
  }
  for (const type of ['application/json', 'text/plain', 'junk', undefined]) {
    const headers = [...NO_CHUNK, ...(type === undefined ? [] : [`Content-Type: ${type}`])];
    const answer = await post(url, '/api/auth/login', headers, '0\r\n\r\n');
    t.is(toOutcome(answer), refusal('malformed_body'), type);
    const other = await post(url, '/api/auth/login', headers, '2\r\n{}\r\n0\r\n\r\n');
    const isJson = type === 'application/json';
    t.is(other.status, isJson ? 422 : 415, type);
  }
});
