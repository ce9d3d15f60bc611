import type { RequestContext } from '../context.ts';
import { HttpProblem } from '../problems.ts';
import { timesSent } from '../raw-headers.ts';

/**
 * The Authorization header, empty where there is none. Node keeps the first of two such headers without a
 * word, so they are counted in what came over the wire.
 */
export function authorizationOf(ctx: Pick<RequestContext, 'req' | 'get'>): string {
  if (timesSent('authorization', ctx.req.rawHeaders) > 1) {
    throw new HttpProblem('several_credentials');
  }
  return ctx.get('Authorization');
}
