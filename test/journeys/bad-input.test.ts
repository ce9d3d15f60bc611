import test from 'ava';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, send, sendAs, sendLines, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

test('A path that no route has is not found, however odd it is', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  const seen: Record<string, string> = {};
  const paths = [
    '/',
    '/api',
    '/api/auth',
    '/api/auth/me/',
    '/api/auth/ME',
    '/API/auth/me',
    '/api/auth//me',
    '//api/auth/me',
    '//',
    '/%',
    '/%00',
    '/%zz/api/auth/me',
    '/api/auth/%6de',
    '/api/auth/me%2f',
    '/api/auth/me%00',
    '/api/auth/me;a=b',
    '/api/auth/me.json',
    '/api/auth/../auth/me',
    '/..%2f..%2fetc/passwd',
    '/$%7Bjndi:ldap:x%7D',
    '/__proto__',
    '/readyz/',
    '/LIVEZ',
    '*',
    'http://x/',
    'http://x//',
  ];
  for (const path of paths) {
    seen[path] = toOutcome(
      await sendLines(url, `GET ${path} HTTP/1.1`, `Authorization: Bearer ${token}`),
    );
  }
  t.deepEqual(seen, Object.fromEntries(paths.map((path) => [path, refusal('not_found')])));
});

test('A path of 8,000 letters is not found', async (t) => {
  const { url } = await testServer(t);
  t.is(toOutcome(await send(`${url}/${'x'.repeat(8_000)}`)), refusal('not_found'));
});

test('A method that a route does not have is answered with those it has', async (t) => {
  const { url } = await testServer(t);
  for (const [path, allowed, methods] of [
    ['/api/auth/me', ['GET', 'HEAD'], ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']],
    ['/api/auth/login', ['POST'], ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']],
    ['/api/auth/logout', ['POST'], ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']],
    ['/livez', ['GET', 'HEAD'], ['POST', 'DELETE']],
  ] as const) {
    for (const method of [...methods, 'PROPFIND', 'TRACE', 'M-SEARCH']) {
      const answer = await sendLines(url, `${method} ${path} HTTP/1.1`);
      const name = `${method} ${path}`;
      t.deepEqual(answer.headers.get('allow')?.split(', ').sort(), allowed, name);
      if (method === 'HEAD') t.deepEqual([answer.status, answer.body], [405, ''], name);
      else t.is(toOutcome(answer), refusal('method_not_allowed'), name);
    }
  }
});

test('HEAD is answered like GET, without a body', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  for (const [path, status] of [
    ['/livez', 200],
    ['/readyz', 200],
    ['/api/auth/me', 200],
    ['/nowhere', 404],
  ] as const) {
    const head = await sendAs(token, url + path, 'HEAD');
    const get = await sendAs(token, url + path);
    t.deepEqual([head.status, get.status, head.body], [status, status, ''], path);
    t.is(head.headers.get('content-type'), get.headers.get('content-type'), path);
  }
  t.is((await send(`${url}/api/auth/me`, { method: 'HEAD' })).status, 401);
});
