import test from 'ava';
import { logIn, post, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const SPOOFED = { 'x-forwarded-for': '203.0.113.7' };

test('Each request leaves one line in the log, of fields that were chosen and of no others', async (t) => {
  const { url, log, collections } = await testServer(t);
  const { id: user_id, email } = await addUser(collections);
  const before = log.length;
  const token = await logIn(url, email);
  await sendAs(token, `${url}/api/auth/me`);
  await sendAs('junk', `${url}/api/auth/me`);
  await send(`${url}/nowhere`, { method: 'DELETE' });
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  const common = { level: 'info', msg: 'request', ip: '127.0.0.1' };
  const GET_ME = { ...common, method: 'GET', path: '/api/auth/me' };
  t.deepEqual(
    log.slice(before).map(({ time: _, request_id: __, ms: ___, ...line }) => line),
    [
      { ...common, method: 'POST', path: '/api/auth/login', status: 200 },
      { ...GET_ME, status: 200, user_id },
      { ...GET_ME, status: 401, code: 'invalid_token' },
      { ...common, method: 'DELETE', path: '(no route)', status: 404, code: 'not_found' },
      { ...common, method: 'POST', path: '/api/auth/logout', status: 200 },
    ],
  );
  for (const { time, request_id, ms } of log.slice(before)) {
    t.regex(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    t.regex(String(request_id), /^[\w-]{8,64}$/);
    t.true(typeof ms === 'number' && ms >= 0);
  }
});

test('No query, header or body is in the log', async (t) => {
  const { url, log, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  const headers = {
    authorization: `Bearer ${token}`,
    cookie: 'sid=cookie-value',
    'user-agent': 'agent-value',
    referer: 'http://referer-value/',
  };
  await send(`${url}/api/auth/me?a=query-value#fragment-value`, { headers });
  await send(`${url}/nowhere?%71uery-value`, { headers });
  await post(`${url}/api/auth/login?query-value`, { email, password: PASSWORD, x: 'body-value' });
  t.true(log.length >= 4);
  const text = JSON.stringify(log);
  for (const value of ['-value', token, token.split('.')[2] ?? '', PASSWORD, email, '?']) {
    t.false(text.includes(value), value);
  }
});

test('A forwarded address is believed only where a proxy is configured', async (t) => {
  for (const [proxies, header, ip] of [
    ['0', '203.0.113.7', '127.0.0.1'],
    ['1', '203.0.113.7', '203.0.113.7'],
    ['1', '192.0.2.66, 203.0.113.7', '203.0.113.7'],
    ['2', '192.0.2.66, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
  ] as const) {
    const { url, log } = await testServer(t, { TRUST_PROXY: proxies });
    await send(`${url}/livez`, { headers: { 'x-forwarded-for': header } });
    t.is(log.at(-1)?.['ip'], ip, `${proxies} ${header}`);
  }
});

test('Without a proxy a client cannot give itself another address by a header', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ADDRESS: '1/15m' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '0', ...limits });
  const wrong = { email: 'nobody@example.com', password: 'wrong' };
  t.is((await post(`${url}/api/auth/login`, wrong)).status, 401);
  t.is((await post(`${url}/api/auth/login`, wrong, SPOOFED)).status, 429);
  t.is(await collections.auditEvents.countDocuments({ ip: SPOOFED['x-forwarded-for'] }), 0);
});
