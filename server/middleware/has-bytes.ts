import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { withinDeadline } from './within-deadline.ts';

/**
 * Tells whether a request has a body with bytes in it. One that is sent in chunks is read up to its first byte,
 * and is lost then.
 */
export async function hasBytes(ctx: Context): Promise<boolean> {
  const { length = 0, header, req } = ctx.request;
  if (length > 0) return true;
  return header['transfer-encoding'] !== undefined && withinDeadline(ctx, hasChunk(req));
}

/** A client that leaves in the middle of a body has sent one. */
async function hasChunk(req: IncomingMessage): Promise<boolean> {
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      if (chunk.length === 0) continue;
      req.resume(); // the next request on the connection would wait behind the rest
      return true;
    }
    return false;
  } catch {
    return true;
  }
}
