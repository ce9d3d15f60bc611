import { connect } from 'node:net';
import test from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope } from '../helpers/scope.ts';
import { type Answer, send, sendLines, sendRaw, testServer } from '../helpers/server.ts';

/** A server for all tests but those that look at its log or have other settings. */
const file = openScope();
const server = await testServer(file);
const { url } = server;
test.after.always(file.end);

test('CONNECT opens no tunnel', async (t) => {
  const answer = await sendLines(url, 'CONNECT example.com:443 HTTP/1.1');
  t.is(toOutcome(answer), refusal('bad_request'));
  t.is((await send(`${url}/livez`)).status, 200);
});

test('What is not HTTP is answered 400, and harms no one else', async (t) => {
  const login = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const requests: Record<string, string> = {
    'not a request': 'hello\r\n\r\n',
    'a TLS hello': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'no path': 'GET HTTP/1.1\r\nHost: x\r\n\r\n',
    'a space in the path': 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
    'a path without a slash': 'GET x HTTP/1.1\r\nHost: x\r\n\r\n',
    'an unknown version': 'GET / HTTP/3.0\r\nHost: x\r\n\r\n',
    'an unknown method': 'JUNK / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a header without a name': 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n',
    'a space before the colon': 'GET / HTTP/1.1\r\nHost: x\r\nAuthorization : y\r\n\r\n',
    'two Hosts': 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
    'a NUL in a header': 'GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n',
    'no Host': 'GET /livez HTTP/1.1\r\n\r\n',
    'two lengths': `${login}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'a length and chunks': `${login}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    'a negative length': `${login}Content-Length: -2\r\n\r\n{}`,
    'an unknown transfer encoding': `${login}Transfer-Encoding: junk\r\n\r\n{}`,
    'a broken chunk': `${login}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
  };
  const answers: Record<string, Answer> = {};
  for (const [name, request] of Object.entries(requests)) {
    answers[name] = await sendRaw(url, Buffer.from(request, 'latin1'));
  }
  t.deepEqual(
    Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, toOutcome(answer)])),
    Object.fromEntries(Object.keys(requests).map((name) => [name, refusal('bad_request')])),
  );
  t.is((await send(`${url}/livez`)).status, 200);
});

test('Headers over 16 KB are refused with 431, and their content is not repeated', async (t) => {
  const secret = 'x'.repeat(17_000);
  const answer = await sendLines(url, 'GET /livez HTTP/1.1', `Authorization: Bearer ${secret}`);
  t.is(toOutcome(answer), refusal('headers_too_large'));
  const target = await sendLines(url, `GET /${secret} HTTP/1.1`);
  t.is(toOutcome(target), refusal('headers_too_large'));
  t.false(isLeaked(secret.slice(0, 1_000), [answer, target], server));
});

test('An expectation that nobody can meet is refused with a problem document', async (t) => {
  const answer = await sendLines(url, 'GET /livez HTTP/1.1', 'Expect: miracles');
  t.is(answer.headers.get('content-type'), 'application/problem+json');
  t.true(answer.status >= 400 && answer.status < 500);
});

test('A client that leaves in the middle of its body is no error of the server', async (t) => {
  const { url, log } = await testServer(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(
    'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100\r\n\r\n{"email":',
    () => socket.destroy(),
  );
  const sinceStart = log.length;
  await waitFor('A line of the log', () => log.length > sinceStart);
  t.like(log.at(-1), { level: 'info', status: 400, code: 'malformed_body' });
  t.is(log.length, sinceStart + 1);
});

test('A target that is no URL is refused like any other bad request', async (t) => {
  for (const target of [
    'http://',
    'http://[::1',
    'http://xn--0/nowhere',
    'http://[::1/livez?a=b',
  ]) {
    const outcome = toOutcome(await sendLines(url, `GET ${target} HTTP/1.1`));
    t.true(
      [refusal('bad_request'), refusal('not_found')].includes(outcome),
      `${target} ${outcome}`,
    );
  }
});

/** The headers that differ from answer to answer. */
const OWN = ['x-request-id', 'date', 'content-length', 'content-type', 'connection', 'keep-alive'];

for (const CORS_ORIGINS of ['', 'https://app.example.com']) {
  const title = 'An answer that Node gives by itself has the headers of every answer';
  test(CORS_ORIGINS === '' ? title : `${title}, also where answers differ by origin`, async (t) => {
    const { url } = await testServer(t, { CORS_ORIGINS });
    const shared = ({ headers }: Answer) => [...headers].filter(([name]) => !OWN.includes(name));
    const usual = shared(await send(`${url}/nowhere`));
    t.true(usual.length >= 10);
    for (const [name, answer] of Object.entries({
      'no HTTP': await sendRaw(url, 'hello\r\n\r\n'),
      'headers too large': await sendLines(url, 'GET / HTTP/1.1', `X: ${'x'.repeat(17_000)}`),
      'an unknown version': await sendRaw(url, 'GET / HTTP/3.0\r\nHost: x\r\n\r\n'),
      'a tunnel': await sendLines(url, 'CONNECT example.com:443 HTTP/1.1'),
      'a broken chunk': await sendLines(
        url,
        'POST /x HTTP/1.1',
        'Transfer-Encoding: chunked',
        '',
        'z',
      ),
      'no host': await sendRaw(url, 'GET / HTTP/1.1\r\n\r\n'),
      'an expectation': await sendLines(url, 'GET / HTTP/1.1', 'Expect: miracles'),
    })) {
      t.deepEqual(shared(answer), usual, name);
      t.regex(answer.headers.get('date') ?? '', /GMT$/, name);
      t.is(answer.headers.get('x-request-id'), answer.body.request_id, name);
    }
  });
}
