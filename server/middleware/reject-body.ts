import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';
import { hasBytes } from './has-bytes.ts';

/**
 * Rejects a body on an endpoint that reads only the query. Otherwise a client that sends `{"dry_run": true}` in the
 * body would revoke for real. Accepts an empty body in chunks, because proxies may send one.
 */
export function rejectBody(): Middleware {
  return async function rejectBody(ctx, next) {
    if (await hasBytes(ctx)) throw new HttpProblem('unexpected_body');
    return next();
  };
}
