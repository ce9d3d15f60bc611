import test from 'ava';
import { addClient, introspect } from '../helpers/clients.ts';
import { openScope } from '../helpers/scope.ts';
import {
  type Answer,
  logIn,
  post,
  send,
  sendAs,
  sendLines,
  testServer,
} from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const APP = 'https://app.example.com';
const LOCAL = 'http://localhost:5173';
const SETTING = { CORS_ORIGINS: `${APP}, ${LOCAL}` };

/** A server for all tests but those that look at its database or have other settings. */
const file = openScope();
const { url, collections } = await testServer(file, SETTING);
test.after.always(file.end);

const EXPOSED = 'Retry-After,WWW-Authenticate,X-Request-Id';

function corsHeaders({ headers }: Answer): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

/** Sends the preflight of a browser before a request with a token. */
function preflight(url: string, origin: string, method = 'GET'): Promise<Answer> {
  const headers = {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  };
  return send(url, { method: 'OPTIONS', headers });
}

test('Without the setting, no response has a CORS header', async (t) => {
  const { url } = await testServer(t);
  for (const answer of [
    await send(`${url}/livez`, { headers: { origin: APP } }),
    await send(`${url}/api/auth/me`, { headers: { origin: APP } }),
    await preflight(`${url}/api/auth/me`, APP),
  ]) {
    t.deepEqual(corsHeaders(answer), {});
    t.is(answer.headers.get('vary'), null);
  }
  t.is((await preflight(`${url}/api/auth/me`, APP)).status, 405);
});

test('A page of a listed origin may send requests and read every response, refusals too', async (t) => {
  const token = await logIn(url, (await addUser(collections)).email);
  for (const origin of [APP, LOCAL]) {
    const headers = { origin, authorization: `Bearer ${token}` };
    for (const [path, init, status] of [
      ['/api/auth/me', { headers }, 200],
      ['/api/auth/me', { headers: { origin } }, 401],
      ['/api/auth/login', { headers, method: 'POST', body: 'x' }, 415],
      ['/api/admin/stats', { headers }, 403],
      ['/nothing', { headers }, 404],
      ['/livez', { headers, method: 'POST' }, 405],
    ] as const) {
      const answer = await send(url + path, init);
      t.is(answer.status, status, path);
      t.deepEqual(corsHeaders(answer), {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': EXPOSED,
      });
      t.is(answer.headers.get('vary'), 'Origin', path);
      t.is(answer.headers.get('cache-control'), 'no-store');
    }
  }
});

test('In a browser an outage differs from a refusal', async (t) => {
  const { url, collections } = await testServer(t, SETTING);
  const token = await logIn(url, (await addUser(collections)).email);
  await collections.revokedTokens.drop();
  const headers = { origin: APP, authorization: `Bearer ${token}` };
  const answer = await send(`${url}/api/auth/me`, { headers });
  t.is(answer.status, 503);
  t.is(corsHeaders(answer)['access-control-allow-origin'], APP);
  t.is(answer.headers.get('retry-after'), '2');
});

test('A preflight response lists all methods and headers, needs no token, and changes nothing', async (t) => {
  const { url, collections } = await testServer(t, SETTING);
  for (const [path, method] of [
    ['/api/auth/me', 'GET'],
    ['/api/auth/login', 'POST'],
    ['/api/auth/sessions/x', 'DELETE'],
    ['/api/admin/revoke-everyone', 'POST'],
  ] as const) {
    const answer = await preflight(url + path, APP, method);
    t.is(answer.status, 204, path);
    t.deepEqual(corsHeaders(answer), {
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'POST,GET,DELETE',
      'access-control-allow-headers':
        'Authorization,Content-Type,X-Request-Id,X-Requested-With,traceparent,tracestate,baggage,sentry-trace,b3',
      'access-control-max-age': '600',
    });
    t.is(answer.headers.get('vary'), 'Origin');
  }
  t.is(await collections.auditEvents.countDocuments(), 0);
});

test('The headers of pages are those of tracing, or what CORS_HEADERS names; a token and a type always', async (t) => {
  const { url } = await testServer(t, { ...SETTING, CORS_HEADERS: 'X-Tenant, uber-trace-id' });
  const asked = await preflight(`${url}/api/auth/me`, APP);
  t.is(
    corsHeaders(asked)['access-control-allow-headers'],
    'Authorization,Content-Type,X-Tenant,uber-trace-id',
  );
});

test('App shells and extensions are origins like any other', async (t) => {
  const shells = ['capacitor://localhost', 'tauri://localhost', 'app://.', 'file://'];
  const { url } = await testServer(t, { CORS_ORIGINS: shells.join() });
  for (const origin of shells) {
    const answer = await send(`${url}/livez`, { headers: { origin } });
    t.is(corsHeaders(answer)['access-control-allow-origin'], origin);
    t.is((await preflight(`${url}/api/auth/me`, origin)).status, 204, origin);
  }
  for (const origin of ['null', 'capacitor://evil', 'ionic://localhost', 'file:///x']) {
    t.deepEqual(corsHeaders(await send(`${url}/livez`, { headers: { origin } })), {}, origin);
  }
});

/** Origins that are nearly one of the listed ones, or imitate one. */
const OTHERS: readonly string[] = [
  'null',
  '*',
  'https://example.com',
  'https://app.example.com.evil.example',
  'https://app.example.evil',
  'https://evil-app.example.com',
  'https://evilapp.example.com',
  'https://x.app.example.com',
  'https://app.example.com.',
  'https://app.example.com:8443',
  'https://app.example.com:443',
  'https://app.example.com/',
  'https://APP.example.com',
  'HTTPS://app.example.com',
  'http://app.example.com',
  'http://localhost',
  'https://localhost:5173',
  'http://127.0.0.1:5173',
  'https://app.example.com@evil.example',
  'https://app.example.com, https://evil.example',
  `${APP},${LOCAL}`,
  `${APP}, ${LOCAL}`,
  `${APP} ${LOCAL}`,
  'app.example.com',
  'undefined',
  '__proto__',
];

test('A page of any other origin may read nothing, and every answer differs by origin', async (t) => {
  const token = await logIn(url, (await addUser(collections)).email);
  for (const origin of OTHERS) {
    const headers = { origin, authorization: `Bearer ${token}` };
    const answer = await send(`${url}/api/auth/me`, { headers });
    t.is(answer.status, 200, 'only browsers care for origins');
    t.deepEqual(corsHeaders(answer), {}, origin);
    t.is(answer.headers.get('vary'), 'Origin', origin);
    const asked = await preflight(`${url}/api/auth/me`, origin);
    t.is(asked.status, 405, origin);
    t.deepEqual(corsHeaders(asked), {}, origin);
    t.is(asked.headers.get('vary'), 'Origin', origin);
  }
  const without = await sendAs(token, `${url}/api/auth/me`);
  t.deepEqual(corsHeaders(without), {});
  t.is(without.headers.get('vary'), 'Origin');
});

test('Several Origin headers are none that is listed, whichever comes first', async (t) => {
  const evil = 'Origin: https://evil.example';
  for (const origins of [
    [`Origin: ${APP}`, evil],
    [evil, `Origin: ${APP}`],
    [`Origin: ${APP}`, `Origin: ${APP}`],
  ]) {
    const answer = await sendLines(url, 'GET /livez HTTP/1.1', ...origins);
    t.is(answer.status, 200);
    t.deepEqual(corsHeaders(answer), {}, origins.join());
  }
});

test('The endpoints for registered clients are for no page, whatever its origin', async (t) => {
  const client = await addClient(collections);
  for (const path of ['/oauth/introspect', '/oauth/revoke']) {
    const asked = await preflight(url + path, APP, 'POST');
    t.is(asked.status, 405);
    t.deepEqual(corsHeaders(asked), {});
    const answer = await post(url + path, {}, { origin: APP });
    t.deepEqual(corsHeaders(answer), {});
  }
  t.is((await introspect(url, client, 'junk')).status, 200);
});

test('OPTIONS that is no preflight is a method like any other', async (t) => {
  const answer = await send(`${url}/livez`, { method: 'OPTIONS', headers: { origin: APP } });
  t.is(answer.status, 405);
  t.is(answer.headers.get('allow'), 'HEAD, GET');
});
