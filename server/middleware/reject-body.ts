import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';
import { hasBytes } from './has-bytes.ts';

/**
 * Rejects a body on an endpoint that reads only the query. Otherwise a client that sends `{"dry_run": true}` in the
 * body would revoke for real. Proxies may send an empty body in chunks, which counts as no body.
 */
export function rejectBody(): Middleware {
  return async function rejectBody(ctx, next) {
    if (await hasBytes(ctx)) throw new HttpProblem('unexpected_body');
    return next();
  };
}
