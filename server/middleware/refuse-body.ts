import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';

/**
 * Refuses a body where none is read: whoever sends `{"dry_run": true}` to an endpoint that looks for it in
 * the query must not be taken to mean the real thing.
 */
export function refuseBody(): Middleware {
  return function refuseBody(ctx, next) {
    if (ctx.request.is('*/*') !== null) throw new HttpProblem('unexpected_body');
    return next();
  };
}
