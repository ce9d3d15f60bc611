import type { RequestContext } from '../context.ts';
import { HttpProblem } from '../problems.ts';
import { countHeader } from '../raw-headers.ts';

/** Reads the Authorization header: empty when missing, HttpProblem `several_credentials` when sent twice. */
export function readAuthorization(ctx: Pick<RequestContext, 'req' | 'get'>): string {
  if (countHeader('authorization', ctx.req.rawHeaders) > 1) {
    throw new HttpProblem('several_credentials');
  }
  return ctx.get('Authorization');
}
