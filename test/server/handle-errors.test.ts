import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa, { type Middleware } from 'koa';
import { StoreUnavailable } from '../../lib/errors.ts';
import { authenticate, type HandleErrorsOptions, handleErrors } from '../../server/index.ts';
import { send } from '../helpers/server.ts';

/** Serves an application with this handler, and records its `error` events. */
async function serveApp(t: ExecutionContext, handler: Middleware, options?: HandleErrorsOptions) {
  const reported: unknown[] = [];
  const app = new Koa();
  app.on('error', (error) => reported.push(error));
  app.use(handleErrors(options));
  app.use(handler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return {
    reported,
    answer: await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  };
}

test("an application's own errors stay its own", async (t) => {
  const { answer } = await serveApp(t, (ctx) => ctx.throw(404, 'no such thing'));
  t.deepEqual([answer.status, answer.body], [404, 'no such thing']);
});

test('a fault of an application is emitted as its error event, and answered by Koa', async (t) => {
  const fault = new Error('a bug');
  const { answer, reported } = await serveApp(t, () => Promise.reject(fault));
  t.deepEqual([answer.status, answer.body, reported], [500, 'Internal Server Error', [fault]]);
});

test('an outage is answered as a problem, and emitted as an error event', async (t) => {
  const outage = new StoreUnavailable('away');
  const { answer, reported } = await serveApp(t, () => Promise.reject(outage));
  t.deepEqual([answer.status, answer.body.code, reported], [503, 'store_unavailable', [outage]]);
});

test('with `all` a fault is answered as internal_error, without its message', async (t) => {
  const fault = new Error('a bug with a secret');
  const { answer, reported } = await serveApp(t, () => Promise.reject(fault), { all: true });
  t.deepEqual([answer.status, answer.body.code, reported], [500, 'internal_error', [fault]]);
  t.false(JSON.stringify(answer.body).includes('secret'));
});

test('a missing await is found when the application starts', (t) => {
  const auth = Promise.resolve() as unknown as Parameters<typeof authenticate>[0];
  t.throws(() => authenticate(auth), { instanceOf: TypeError, message: /"auth".*await/ });
});
