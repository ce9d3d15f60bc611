import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';
import { withinDeadline } from './within-deadline.ts';

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

async function hasBytes(ctx: Context): Promise<boolean> {
  const { length = 0, header, req } = ctx.request;
  if (length > 0) return true;
  return header['transfer-encoding'] !== undefined && withinDeadline(ctx, hasChunk(req));
}

/** Reads up to the first byte. Whoever leaves in the middle of a body has sent one. */
async function hasChunk(req: IncomingMessage): Promise<boolean> {
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      if (chunk.length === 0) continue;
      req.resume(); // the next request on the connection would wait behind the rest
      return true;
    }
    return false;
  } catch (cause) {
    throw new HttpProblem('unexpected_body', { cause });
  }
}
