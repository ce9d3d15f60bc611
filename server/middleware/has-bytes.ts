import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { withinDeadline } from './within-deadline.ts';

/** Returns true if a request has a non-empty body. A chunked body is read up to its first byte and discarded. */
export async function hasBytes(ctx: Context): Promise<boolean> {
  const { length = 0, header, req } = ctx.request;
  if (length > 0) return true;
  return header['transfer-encoding'] !== undefined && withinDeadline(ctx, hasChunk(req));
}

/** Returns true after the first byte of a chunked body. A disconnect within the body counts as a byte. */
async function hasChunk(req: IncomingMessage): Promise<boolean> {
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      if (chunk.length === 0) continue;
      req.resume(); // discards the rest, which would block the next request on the connection
      return true;
    }
    return false;
  } catch {
    return true;
  }
}
