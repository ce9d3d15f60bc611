import test from 'ava';
import { type Access, type Route, routes } from '../../server/routes.ts';
import { logIn, post, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** A good body for each route that takes one. */
const BODIES: Readonly<Record<string, (email: string) => object>> = {
  '/api/auth/login': (email) => ({ email, password: PASSWORD }),
};

const WHO: Readonly<Record<Access, string>> = {
  anyone: 'anyone',
  bearer: 'whoever has a token, revoked or not',
  principal: 'those whose token is accepted',
};

test('Each method and path is in the table once', (t) => {
  const names = routes.map(nameOf);
  t.deepEqual(names, [...new Set(names)]);
});

for (const route of routes) {
  test(`${nameOf(route)} answers what the table says, and nothing beside it`, async (t) => {
    const { url, collections } = await testServer(t);
    const { email } = await addUser(collections);
    const token = route.access === 'anyone' ? undefined : await logIn(url, email);
    const { status, headers, body } = await call(route, url, { token, email });
    t.is(status, 200);
    t.is(headers.get('content-type'), 'application/json; charset=utf-8');
    t.deepEqual(route.answer.parse(body), body, 'the schema drops what it does not name');
  });

  test(`${nameOf(route)} is open to ${WHO[route.access]}`, async (t) => {
    const { url, collections } = await testServer(t);
    const { email } = await addUser(collections);
    const codeFor = async (token?: string) => {
      const { status, body } = await call(route, url, { token, email });
      return [status, body.code];
    };
    const open = [200, undefined];
    const isOpen = route.access === 'anyone';
    t.deepEqual(await codeFor(), isOpen ? open : [401, 'missing_token']);
    t.deepEqual(await codeFor('a.b.c'), isOpen ? open : [401, 'invalid_token']);
    const revoked = await logIn(url, email);
    await sendAs(revoked, `${url}/api/auth/logout`, 'POST');
    const isForPrincipals = route.access === 'principal';
    t.deepEqual(await codeFor(revoked), isForPrincipals ? [401, 'token_revoked'] : open);
  });

  if (route.body !== undefined) {
    test(`${nameOf(route)} refuses a body that is not of its schema`, async (t) => {
      const { url } = await testServer(t);
      for (const [body, status, code] of [
        [{ unknown: 1 }, 422, 'invalid_input'],
        [[], 400, 'malformed_body'],
      ] as const) {
        t.like(await post(url + route.path, body), { status, body: { code } });
      }
    });
  }
}

test('Every path answers 405 to the methods it does not have, and tells those it has', async (t) => {
  const { url } = await testServer(t);
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = allowedAt(path);
    for (const method of METHODS.filter((candidate) => !allowed.includes(candidate))) {
      const { status, headers, body } = await send(url + path, { method });
      const name = `${method} ${path}`;
      t.is(status, 405, name);
      t.deepEqual(headers.get('allow')?.split(', ').sort(), allowed, name);
      if (method !== 'HEAD') t.is(body.code, 'method_not_allowed', name);
    }
  }
});

function nameOf({ method, path }: Route): string {
  return `${method.toUpperCase()} ${path}`;
}

function call({ method, path }: Route, url: string, { token, email }: CallOptions) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const body = BODIES[path];
  return body === undefined
    ? send(url + path, { method: method.toUpperCase(), headers: authorization })
    : post(url + path, body(email), authorization);
}

interface CallOptions {
  readonly token?: string | undefined;
  readonly email: string;
}

function allowedAt(path: string): string[] {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
  return methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : ['POST'])).sort();
}
