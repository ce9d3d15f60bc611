import test, { type ExecutionContext } from 'ava';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import type { Access, Route } from '../../server/route.ts';
import { routes } from '../../server/routes.ts';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { revocationsOn } from '../helpers/revocations-on.ts';
import { openScope } from '../helpers/scope.ts';
import { post, postLogin, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** One server for all tests, since each has users of its own. No login is turned away as one too many. */
const file = openScope();
const { url, collections } = await testServer(file, { BCRYPT_THREADS: '2' });
test.after.always(file.end);

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The callers, and the documents of their requests. */
interface World {
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly client: ClientCredentials;
}

interface Example {
  /** The path, for a route whose path has parameters. */
  readonly path?: string;
  readonly body?: object;
  readonly form?: Record<string, string>;
}

/** A good request to each route that needs more than a token. */
const EXAMPLES: Readonly<Record<string, (world: World) => Example>> = {
  'POST /api/auth/login': ({ email }) => ({ body: { email, password: PASSWORD } }),
  'POST /api/auth/refresh': ({ refreshToken }) => ({ body: { refresh_token: refreshToken } }),
  'POST /oauth/revoke': ({ accessToken }) => ({ form: { token: accessToken } }),
  'POST /oauth/introspect': ({ accessToken }) => ({ form: { token: accessToken } }),
  'POST /api/auth/change-password': () => ({
    body: { current_password: PASSWORD, new_password: 'staple battery horse' },
  }),
  'DELETE /api/auth/sessions/:id': ({ sessionId }) => ({ path: `/api/auth/sessions/${sessionId}` }),
  'POST /api/admin/users/:id/revoke-tokens': ({ userId }) => ({
    path: `/api/admin/users/${userId}/revoke-tokens?dry_run=true`,
  }),
  'POST /api/admin/revoke-everyone': () => ({ path: '/api/admin/revoke-everyone?dry_run=true' }),
  'GET /api/admin/users/:id/sessions': ({ userId }) => ({
    path: `/api/admin/users/${userId}/sessions`,
  }),
};

const WHO: Readonly<Record<Access, string>> = {
  anyone: 'anyone',
  bearer: 'whoever has a token, revoked or not',
  client: 'registered clients',
  principal: 'those whose token is accepted',
  admin: 'those whose token is accepted and who are admins',
};

test('Each method and path is in the table once', (t) => {
  const names = routes.map(toName);
  t.deepEqual(names, [...new Set(names)]);
});

for (const route of routes) {
  test(`${toName(route)} answers what the table says, and nothing beside it`, async (t) => {
    const { token, world } = await enter();
    const { status, headers, body } = await call(route, world, token);
    if (route.answer === undefined) {
      t.deepEqual([status, body], [204, '']);
      return;
    }
    t.is(status, 200);
    t.is(headers.get('content-type'), 'application/json; charset=utf-8');
    t.deepEqual(route.answer.parse(body), body, 'the schema drops what it does not name');
  });

  test(`${toName(route)} is open to ${WHO[route.access]}`, async (t) => {
    const { token, world } = await enter();
    const codeFor = async (sent?: string) => {
      const { status, body } = await call(route, world, sent);
      return body.code ?? status;
    };
    const open = route.answer === undefined ? 204 : 200;
    const { access } = route;
    if (access === 'client') return assertForClients(t, route, world);
    t.deepEqual(await codeFor(), access === 'anyone' ? open : 'missing_token');
    if (access === 'anyone') return;
    t.deepEqual(await codeFor('a.b.c'), 'invalid_token');
    await collections.users.updateOne({ _id: world.userId }, { $set: { roles: [] } });
    t.deepEqual(await codeFor(token), access === 'admin' ? 'forbidden' : open);
    const other = await enter();
    await sendAs(other.token, `${url}/api/auth/logout`, 'POST');
    t.deepEqual(await codeFor(other.token), access === 'bearer' ? open : 'token_revoked');
  });

  if (route.body !== undefined && route.bodyType !== 'form') {
    test(`${toName(route)} refuses a body that is not of its schema`, async (t) => {
      const { token } = await enter();
      const headers = { authorization: `Bearer ${token}` };
      for (const [body, status, code] of [
        [{ unknown: 1 }, 422, 'invalid_input'],
        [[], 400, 'malformed_body'],
      ] as const) {
        t.like(await post(url + route.path, body, headers), { status, body: { code } });
      }
    });
  }
}

test('Every path answers 405 to the methods it does not have, and tells those it has', async (t) => {
  for (const path of new Set(routes.map((route) => route.path.replace(/:\w+/g, 'x')))) {
    const allowed = allowedAt(path);
    for (const method of METHODS.filter((candidate) => !allowed.includes(candidate))) {
      const { status, headers, body } = await send(url + path, { method });
      const name = `${method} ${path}`;
      t.is(status, 405, name);
      t.deepEqual(headers.get('allow')?.split(', ').sort(), allowed, name);
      if (method === 'HEAD') continue;
      t.is(
        body.code ?? body.error,
        path.startsWith('/oauth/') ? 'invalid_request' : 'method_not_allowed',
        name,
      );
    }
  }
});

function toName({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path}`;
}

/** An admin who has logged in. */
async function enter() {
  const { id: userId, email } = await addUser(collections, { roles: ['admin'] });
  const { body } = await postLogin(url, { email, password: PASSWORD });
  const { session_id: sessionId } = (await sendAs(body.access_token, `${url}/api/auth/me`)).body;
  const { access_token: accessToken, refresh_token: refreshToken } = body;
  const client = await addClient(collections);
  const world: World = { email, userId, sessionId, refreshToken, accessToken, client };
  return { token: String(accessToken), world };
}

function call(route: Route, world: World, token?: string) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { path = route.path, body, form } = EXAMPLES[toName(route)]?.(world) ?? {};
  if (form !== undefined) return postForm(url + path, form, basic(world.client));
  return body === undefined
    ? send(url + path, { method: route.method.toUpperCase(), headers: authorization })
    : post(url + path, body, authorization);
}

/** Asserts that only the credentials of a client count, and only while it is registered. */
async function assertForClients(t: ExecutionContext, route: Route, world: World) {
  const { client } = world;
  const codeFor = async (it: ClientCredentials) => {
    const { status, body } = await call(route, { ...world, client: it });
    return body.error ?? status;
  };
  t.is(await codeFor({ clientId: '', clientSecret: '' }), 'invalid_client');
  t.is(await codeFor({ ...client, clientSecret: 'x'.repeat(43) }), 'invalid_client');
  t.is(await codeFor(client), 200);
  const cause = { reason: 'client_deleted', revokedBy: 'test' };
  await revocationsOn(collections).revokeClient({ clientId: client.clientId, ...cause });
  t.is(await codeFor(client), 'invalid_client');
}

/** Returns the methods of all routes with this path. */
function allowedAt(path: string): string[] {
  const fitting = routes.filter((route) =>
    new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`).test(path),
  );
  const methods = fitting.map(({ method }) => method.toUpperCase());
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
}
