import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { AuthError, StoreNotReady, StoreUnavailable } from '../../lib/errors.ts';
import { formatByPath } from '../../server/error-formats.ts';
import { answerErrors } from '../../server/middleware/handle-errors.ts';
import { HttpProblem } from '../../server/problems.ts';
import { send } from '../helpers/server.ts';

const FAULTS = [
  { pointer: '/token', detail: 'token is missing.' },
  { pointer: '/x', detail: 'x is too long.' },
];

const THROWN: readonly (readonly [error: unknown, status: number, name: string, code: string])[] = [
  [new AuthError('invalid_client', 'inside'), 401, 'invalid_client', 'invalid_client'],
  [new HttpProblem('not_found'), 404, 'invalid_request', 'not_found'],
  [new HttpProblem('method_not_allowed'), 405, 'invalid_request', 'method_not_allowed'],
  [new HttpProblem('malformed_form'), 400, 'invalid_request', 'malformed_form'],
  [new HttpProblem('several_credentials'), 400, 'invalid_request', 'several_credentials'],
  [new HttpProblem('request_timeout'), 408, 'invalid_request', 'request_timeout'],
  [new HttpProblem('body_too_large'), 413, 'invalid_request', 'body_too_large'],
  [new HttpProblem('expectation_failed'), 417, 'invalid_request', 'expectation_failed'],
  [
    new AuthError('invalid_input', 'inside', { faults: FAULTS }),
    400,
    'invalid_request',
    'invalid_input',
  ],
  [new AuthError('busy', 'inside', { retryAfter: 1_500 }), 503, 'temporarily_unavailable', 'busy'],
  [new StoreUnavailable('inside'), 503, 'temporarily_unavailable', 'store_unavailable'],
  [new StoreNotReady('migrate', 'inside'), 503, 'temporarily_unavailable', 'store_unavailable'],
  [new TypeError('inside'), 500, 'server_error', 'internal_error'],
  ['inside', 500, 'server_error', 'internal_error'],
];

/** Returns the response of a server in which this is thrown, and what it logs. */
async function answerFor(t: ExecutionContext, thrown: unknown) {
  const app = new Koa();
  const reported: unknown[] = [];
  let code: unknown;
  app.on('error', (error) => reported.push(error));
  app.use(async (ctx, next) => {
    await next();
    code = ctx.state['problem'];
  });
  app.use(answerErrors(formatByPath));
  app.use(() => {
    throw thrown;
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const answer = await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/x`);
  return { ...answer, code, reported };
}

test('Whatever is thrown is answered as RFC 6749 has it, and its code is left for the log', async (t) => {
  for (const [thrown, status, error, code] of THROWN) {
    const answer = await answerFor(t, thrown);
    t.deepEqual([answer.status, answer.body.error, answer.code], [status, error, code]);
    t.deepEqual(Object.keys(answer.body), ['error', 'error_description']);
    t.regex(answer.body.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, code);
    t.false(JSON.stringify(answer.body).includes('inside'), code);
    t.is(answer.headers.has('www-authenticate'), status === 401, code);
    t.is(answer.headers.has('retry-after'), status === 503, code);
    t.deepEqual(answer.reported, status >= 500 ? [thrown] : [], code);
  }
});

test('Faults of the input are the description, without the input', async (t) => {
  const { body } = await answerFor(t, new AuthError('invalid_input', '', { faults: FAULTS }));
  t.is(body.error_description, 'token is missing. x is too long.');
});
