import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import Koa, { type Middleware } from 'koa';
import {
  AuthError,
  isAuthError,
  REFUSALS,
  StoreNotReady,
  StoreUnavailable,
} from '../../lib/errors.ts';
import type { AuthErrorCode, Principal } from '../../lib/index.ts';
import { MINUTE } from '../../lib/time.ts';
import type { UseCase } from '../../lib/use-case.ts';
import { authenticate, callerOf, handleErrors, requireRole } from '../../server/index.ts';
import { type HttpProblem, toProblemAnswer } from '../../server/problems.ts';
import { CALLER, testAuth } from '../helpers/auth.ts';
import type { Scope } from '../helpers/scope.ts';
import { send } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** Serves an application of somebody else's, with nothing around its middleware but Koa itself. */
async function serveBare(t: Scope, ...middleware: Middleware[]): Promise<string> {
  const app = new Koa();
  app.silent = true;
  for (const each of middleware) app.use(each);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const greet: Middleware = (ctx) => {
  ctx.body = `Hello, ${ctx.state['principal'].user.name}`;
};

const codes = Object.keys(REFUSALS) as AuthErrorCode[];

test('a host answers every refusal by itself as handleErrors does, and reveals nothing private', async (t) => {
  for (const code of codes) {
    const error = new AuthError(code, 'private', { retryAfter: 1_500 });
    const bare = await send(await serveBare(t, () => Promise.reject(error)));
    const { status, headers } = toProblemAnswer(error);
    t.is(bare.status, status, code);
    t.deepEqual([error.status, error.statusCode, error.expose], [status, status, status < 500]);
    for (const [name, value] of Object.entries(headers)) t.is(bare.headers.get(name), value, code);
    t.is(bare.headers.get('retry-after'), '2', code);
    t.is(bare.headers.has('www-authenticate'), status === 401 || code === 'forbidden', code);
    t.false(bare.body.includes('private'), code);
    t.false(JSON.stringify({ ...error }).includes('private'), code);
    if (status < 500) t.is(error.cause, 'private', code);
    else t.is(error.message, 'private', code);
  }
});

test('a host answers authenticate without handleErrors: 401, 403 and 503, never 500', async (t) => {
  const { auth, collections } = await testAuth(t);
  const { email } = await addUser(collections, { name: 'Ann' });
  const url = await serveBare(t, authenticate(auth), requireRole('admin'), greet);
  const { accessToken } = await auth.login({ email, password: PASSWORD }, CALLER);
  const ask = (token?: string) =>
    send(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  const missing = await ask();
  t.deepEqual([missing.status, missing.headers.get('www-authenticate')], [401, 'Bearer']);
  const junk = await ask('junk');
  t.deepEqual(
    [junk.status, junk.headers.get('www-authenticate'), junk.body],
    [401, 'Bearer error="invalid_token"', 'Could not validate credentials'],
  );
  t.is((await ask(accessToken)).status, 403);
  await collections.users.updateOne({ email }, { $set: { disabled_at: new Date() } });
  const disabled = await ask(accessToken);
  t.deepEqual([disabled.status, disabled.body], [401, 'Could not validate credentials']);
  await auth.close();
  const closed = await ask(accessToken);
  t.deepEqual([closed.status, closed.headers.get('retry-after')], [503, '2']);
});

/** A copy of the compiled package with classes of its own. */
async function otherCopy(t: Scope) {
  const folder = join('build', `copy-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync('dist', folder, { recursive: true });
  const load = (file: string) => import(pathToFileURL(join(folder, file)).href);
  const [errors, problems] = await Promise.all([load('lib/errors.js'), load('server/problems.js')]);
  return { ...errors, ...problems } as {
    AuthError: typeof AuthError;
    StoreUnavailable: typeof StoreUnavailable;
    StoreNotReady: typeof StoreNotReady;
    HttpProblem: typeof HttpProblem;
  };
}

test('errors of another copy of the package are recognised, each as what it is', async (t) => {
  const copy = await otherCopy(t);
  t.not(copy.AuthError as unknown, AuthError);
  const refusal = new copy.AuthError('token_revoked', 'private');
  const outage = new copy.StoreUnavailable('away');
  const notReady = new copy.StoreNotReady('migrate', 'inside');
  t.deepEqual([refusal, outage, notReady].map(isAuthError), [true, true, true]);
  const kinds = [AuthError, StoreUnavailable, StoreNotReady];
  const seen = [refusal, outage, notReady].map((error) =>
    kinds.map((kind) => (error as unknown) instanceof kind),
  );
  t.deepEqual(seen, [
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
  const thrown: [error: Error, status: number, code: string][] = [
    [refusal, 401, 'token_revoked'],
    [outage, 503, 'store_unavailable'],
    [new copy.HttpProblem('missing_token'), 401, 'missing_token'],
  ];
  for (const [error, status, code] of thrown) {
    const url = await serveBare(t, handleErrors() as Middleware, () => Promise.reject(error));
    const answer = await send(url);
    t.deepEqual([answer.status, answer.body.code], [status, code]);
  }
});

test('what resembles a refusal and is none stays the application’s own', (t) => {
  const likenesses: unknown[] = [
    undefined,
    null,
    'token_revoked',
    { name: 'AuthError', code: 'token_revoked', status: 401 },
    Object.assign(new Error('x'), { name: 'AuthError', code: 'token_revoked' }),
  ];
  for (const each of likenesses) t.false(isAuthError(each));
  class Own extends AuthError {}
  t.false(new AuthError('busy', '') instanceof Own);
  t.true(new Own('busy', '') instanceof AuthError);
});

test('a code of a newer copy is answered by its own status and public sentence', (t) => {
  const newer = new AuthError('token_revoked', 'private', { description: 'Public' });
  Object.assign(newer, { code: 'newer', status: 402 });
  const { status, body } = toProblemAnswer(newer);
  t.deepEqual([status, body.code as string, body.detail], [402, 'newer', 'Public']);
});

test('a caller or a principal that somebody else left in ctx.state is not ours', async (t) => {
  const { auth, collections } = await testAuth(t);
  const { email } = await addUser(collections, { name: 'Ann' });
  const { accessToken } = await auth.login({ email, password: PASSWORD }, CALLER);
  const admin = { user: { id: 'x', roles: ['admin'] }, sessionId: 'x' };
  const theirs = { ip: 7, requestId: 'theirs', principal: admin };
  const foreign: Middleware = (ctx, next) => {
    Object.assign(ctx.state, { caller: theirs, principal: admin });
    return next();
  };
  const headers = { authorization: `Bearer ${accessToken}` };

  const look: Middleware = (ctx) => {
    const { ip, principal } = callerOf(ctx);
    ctx.body = { isKept: ctx.state['caller'] === theirs, ip, name: principal?.user.name };
  };
  const known = await send(await serveBare(t, foreign, authenticate(auth), look), { headers });
  t.deepEqual(known.body, { isKept: true, ip: '127.0.0.1', name: 'Ann' });

  const swapped = await serveBare(t, authenticate(auth), foreign, requireRole('admin'), greet);
  t.is((await send(swapped, { headers })).status, 403);
  const alone = await serveBare(t, foreign, requireRole('admin'), greet);
  t.is((await send(alone)).status, 500, 'authenticate is missing');

  const refused = await send(
    await serveBare(t, foreign, handleErrors() as Middleware, authenticate(auth)),
  );
  t.is(refused.body.code, 'missing_token');
  t.not(refused.body.request_id, 'theirs');
});

test('a host whose server follows gets the principal of a known token, and its own authenticate is never bypassed', async (t) => {
  const { auth, collections } = await testAuth(t, { follow: 'auto', followerLease: 30_000 });
  t.true(await auth.follow(MINUTE));
  const { email } = await addUser(collections, { name: 'Ann' });
  const { accessToken } = await auth.login({ email, password: PASSWORD }, CALLER);
  const headers = { authorization: `Bearer ${accessToken}` };
  const look: Middleware = (ctx) => {
    const { ip, requestId, principal } = callerOf(ctx);
    ctx.body = { ip, hasId: requestId !== undefined, name: principal?.user.name };
  };
  const url = await serveBare(t, authenticate(auth), look);
  for (let use = 0; use < 3; use++) {
    const { body } = await send(url, { headers });
    t.deepEqual(body, { ip: '127.0.0.1', hasId: true, name: 'Ann' });
  }
  t.truthy(auth.recall(accessToken));

  let calls = 0;
  const own: UseCase<{ token: string }, Principal> = (input, caller) => {
    calls++;
    return auth.authenticate(input, caller);
  };
  const wrapped = await serveBare(t, authenticate({ ...auth, authenticate: own }), greet);
  for (let use = 0; use < 3; use++) t.is((await send(wrapped, { headers })).body, 'Hello, Ann');
  t.is(calls, 3);
});
