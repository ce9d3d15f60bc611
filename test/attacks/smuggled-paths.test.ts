import test from 'ava';
import { converse, sendAs } from '../helpers/server.ts';
import { isRefusal, openFixture, request, shareFixture } from './smuggling.ts';

const shared = shareFixture();

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
  const { url } = shared();
  const others = ['/api/auth/sessions', '/api/admin/stats', '/api/admin/users/%2e%2e/sessions'];
  for (const path of [...PATHS, ...others]) {
    const { statuses } = await converse(url, request(`GET ${path}`, 'Connection: close'));
    t.true(statuses.length === 1 && statuses.every(isRefusal), `${path} ${statuses}`);
  }
});

test('Smuggling: no path reaches a protected route in another spelling, which a rule of a proxy would miss', async (t) => {
  const { url, token, log } = await openFixture(t);
  const bearer = `Authorization: Bearer ${await token()}`;
  const same = ['/api/auth/me?/livez', '/api/auth/me#/livez'];
  for (const path of PATHS.filter((each) => !same.includes(each))) {
    const { statuses } = await converse(url, request(`GET ${path}`, bearer, 'Connection: close'));
    t.true(statuses.length === 1 && statuses.every(isRefusal), `${path} ${statuses}`);
  }
  t.false(log.some(({ path }) => path === '/api/auth/me'));
});

test('Smuggling: no header or parameter changes the method or the path of a request', async (t) => {
  const { url, token, log } = await openFixture(t);
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
  const answers: Awaited<ReturnType<typeof converse>>[] = [];
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
    const { url, log } = await openFixture(t, { TRUST_PROXY: trusted });
    await converse(url, request('GET /livez', ...SPOOFED, 'Connection: close'));
    t.is(log.at(-1)?.['ip'], expected);
  });
}
