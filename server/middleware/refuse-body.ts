import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';

/**
 * Refuses a body where none is read: whoever sends `{"dry_run": true}` to an endpoint that looks for it in
 * the query must not be taken to mean the real thing.
 */
export function refuseBody(): Middleware {
  return function refuseBody(ctx, next) {
    const { length = 0, header } = ctx.request;
    if (length === 0 && header['transfer-encoding'] === undefined) return next();
    throw new HttpProblem('unexpected_body');
  };
}
