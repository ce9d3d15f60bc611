import test from 'ava';
import { openScope } from '../helpers/scope.ts';
import { post, postLogin, send, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** A server for the tests that need no settings of their own. */
const file = openScope();
const { url, uri, log, collections } = await testServer(file, { TRUST_PROXY: '1' });
test.after.always(file.end);

/** Entries of a proxy, and the address that is stored, limited and logged. */
const ENTRIES: readonly (readonly [entry: string, ip: string])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:5678', '192.0.2.1'],
  ['"192.0.2.1:5678"', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['"[2001:db8::1]:443"', '2001:db8::1'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['[::ffff:c000:201]:80', '192.0.2.1'],
  ['unknown', '127.0.0.1'],
  ['_hidden', '127.0.0.1'],
  ['0x7f.1', '127.0.0.1'],
  ['192.0.2.300', '127.0.0.1'],
  ['192.0.2.1 DROP TABLE', '127.0.0.1'],
  ['9'.repeat(4_000), '127.0.0.1'],
  [`fe80::1%${'z'.repeat(4_000)}`, '127.0.0.1'],
  ['203.0.113.9,', '127.0.0.1'],
];

for (const [entry, ip] of ENTRIES) {
  test(`An address is stored and logged in its one spelling: ${entry.slice(0, 30)} as ${ip}`, async (t) => {
    const { id: user_id, email } = await addUser(collections);
    const headers = { 'x-forwarded-for': entry, 'user-agent': 'an agent\u009b31m' };
    const answer = await postLogin(url, { email, password: PASSWORD }, headers);
    t.is(answer.status, 200);
    const requestId = answer.headers.get('x-request-id');
    t.is(log.find(({ request_id }) => request_id === requestId)?.['ip'], ip);
    t.like(await collections.sessions.findOne({ user_id }), { ip, user_agent: 'an agent 31m' });
    t.like(await collections.auditEvents.findOne({ user_id, action: 'user_login' }), { ip });
  });
}

test('A client gains nothing by another port or another spelling of its address', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ADDRESS: '2/15m', TRUST_PROXY: '1' };
  const own = await testServer(t, limits);
  const statuses: number[] = [];
  for (const entry of ['192.0.2.1:1', '::ffff:192.0.2.1', '[::ffff:192.0.2.1]:3', '192.0.2.1']) {
    const body = { email: 'nobody@example.com', password: 'wrong' };
    const answer = await post(`${own.url}/api/auth/login`, body, { 'x-forwarded-for': entry });
    statuses.push(answer.status);
  }
  t.deepEqual(statuses, [401, 401, 429, 429]);
});

/** Settings, the headers of requests in turn, and what the one warning says; none where it is undefined. */
const WARNINGS: readonly (readonly [
  trusted: string,
  headers: readonly Record<string, string>[],
  says: RegExp | undefined,
])[] = [
  ['0', [{ 'x-forwarded-for': '192.0.2.1' }], /X-Forwarded-For.*TRUST_PROXY is 0.*Set TRUST_PROXY/],
  ['0', [{ forwarded: 'for=192.0.2.1' }], /Forwarded.*TRUST_PROXY is 0/],
  ['0', [{ 'x-real-ip': '192.0.2.1' }], /X-Real-IP.*TRUST_PROXY is 0/],
  ['0', [{}], undefined],
  ['1', [{}, { 'x-forwarded-for': '192.0.2.1' }], undefined],
  ['1', [{ 'x-forwarded-for': '192.0.2.1:80' }, { forwarded: 'for=192.0.2.1' }], undefined],
  ['1', [{ 'x-forwarded-for': '203.0.113.1, 192.0.2.1' }], undefined],
  ['1', [{ 'x-forwarded-for': '203.0.113.1, unknown' }], /no IP address.*correct TRUST_PROXY/],
  ['2', [{ 'x-forwarded-for': '192.0.2.1' }], /fewer addresses.*\(1\).*\(2\).*Set TRUST_PROXY/],
  ['2', [{ 'x-forwarded-for': 'x' }, { 'x-forwarded-for': 'x, 10.0.0.1' }], /fewer addresses/],
];

for (const [trusted, requests, says] of WARNINGS) {
  const reported = says === undefined ? 'no warning' : 'one warning';
  test(`With TRUST_PROXY=${trusted} there is ${reported} at ${JSON.stringify(requests)}, however often it comes`, async (t) => {
    const own = await serve(t, { MONGODB_URI: uri, TRUST_PROXY: trusted });
    for (const headers of [...requests, ...requests]) await send(`${own.url}/livez`, { headers });
    const warnings = own.log.filter((line) => 'trust_proxy' in line);
    t.deepEqual(
      warnings.map(({ level }) => level),
      says === undefined ? [] : ['warn'],
    );
    if (says !== undefined) t.regex(String(warnings[0]?.['msg']), says);
    t.notRegex(JSON.stringify(warnings), /192\.0\.2|203\.0/, 'what a client sent is not repeated');
  });
}
