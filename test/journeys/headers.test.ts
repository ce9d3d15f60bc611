import test from 'ava';
import { logIn, post, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('Every answer forbids to be framed, sniffed, stored or run, and names no software', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  const answers = [
    await post(`${url}/api/auth/login`, { email, password: PASSWORD }),
    await post(`${url}/api/auth/login`, { email, password: 'wrong' }),
    await post(`${url}/api/auth/login`, []),
    await sendAs(token, `${url}/api/auth/me`),
    await sendAs('junk', `${url}/api/auth/me`),
    await sendAs(token, `${url}/api/auth/logout`, 'POST'),
    await sendAs(token, `${url}/api/auth/me`),
    await send(`${url}/nowhere`),
    await send(`${url}/livez`, { method: 'DELETE' }),
    await send(`${url}/livez`),
    await send(`${url}/readyz`),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 401, 400, 200, 401, 200, 401, 404, 405, 200, 200],
  );
  for (const { status, headers } of answers) {
    t.regex(headers.get('content-security-policy') ?? '', /^default-src 'none'(;|$)/, `${status}`);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.is(headers.get('x-frame-options'), 'DENY');
    t.regex(headers.get('strict-transport-security') ?? '', /^max-age=\d{8,}/);
    t.is(headers.get('cache-control'), 'no-store');
    for (const name of ['x-powered-by', 'server', 'set-cookie', 'access-control-allow-origin']) {
      t.false(headers.has(name), name);
    }
    t.regex(headers.get('content-type') ?? '', status < 400 ? /^application\/json\b/ : /problem/);
  }
});

test('A request id is taken over where it is harmless, and made up where it is not', async (t) => {
  const { url } = await testServer(t);
  for (const given of ['request1', 'a_b-C-1234', 'x'.repeat(64), crypto.randomUUID()]) {
    const { headers, body } = await send(`${url}/nowhere`, { headers: { 'x-request-id': given } });
    t.deepEqual([headers.get('x-request-id'), body.request_id], [given, given]);
  }
  const seen = new Set<string>();
  const refused = [
    '',
    'short',
    'x'.repeat(65),
    'with space',
    '<script>',
    'a,b,c,d,e',
    'id-with-\u00fc',
  ];
  for (const given of refused) {
    const { headers, body } = await send(`${url}/nowhere`, { headers: { 'x-request-id': given } });
    t.regex(body.request_id, /^[\da-f]{8}-[\da-f-]{27}$/, given);
    t.is(headers.get('x-request-id'), body.request_id);
    seen.add(body.request_id);
  }
  t.is(seen.size, refused.length);
});

test('A problem contains the request id of its log line', async (t) => {
  const { url, log } = await testServer(t);
  const { body } = await sendAs('junk', `${url}/api/auth/me`);
  t.like(log.at(-1), { request_id: body.request_id, code: 'invalid_token', status: 401 });
});
