import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';
import { hasBytes } from './has-bytes.ts';

/**
 * Refuses a body where none is read: whoever sends `{"dry_run": true}` to an endpoint that looks for it in
 * the query must not be taken to mean the real thing. One without bytes is no body, also when it is sent in
 * chunks, as proxies do.
 */
export function refuseBody(): Middleware {
  return async function refuseBody(ctx, next) {
    if (await hasBytes(ctx)) throw new HttpProblem('unexpected_body');
    return next();
  };
}
