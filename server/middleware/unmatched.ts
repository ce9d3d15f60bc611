import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';

/** Rejects requests that match no route, with 405 and `Allow` if the path has other methods, else with 404. */
export function unmatched(): Middleware {
  return function unmatched(ctx) {
    const { matched = [] } = ctx as Partial<RouterContext>;
    if (matched.length === 0) throw new HttpProblem('not_found');
    const methods = new Set(matched.flatMap((layer) => layer.methods));
    throw new HttpProblem('method_not_allowed', { headers: { Allow: [...methods].join(', ') } });
  };
}
