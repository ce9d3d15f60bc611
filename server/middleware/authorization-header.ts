import type { RequestContext } from '../context.ts';
import { HttpProblem } from '../problems.ts';

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

/** Names and values take turns in `rawHeaders`. */
function timesSent(name: string, rawHeaders: readonly string[]): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) times++;
  }
  return times;
}
