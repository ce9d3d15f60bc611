import type { Middleware } from 'koa';
import { HttpProblem } from '../problems.ts';

/**
 * Refuses what Node lets pass although RFC 9112 does not (section 3.2): a target that is neither a
 * path nor a URL, and HTTP/1.1 without Host. Anything further in may rely on `ctx.path`.
 */
export function refuseMalformed(): Middleware {
  return function refuseMalformed(ctx, next) {
    if (!isTarget(ctx.req.url ?? '')) {
      ctx.req.url = '/'; // so that the log can still name a path
      throw badRequest();
    }
    if (ctx.req.httpVersion === '1.1' && ctx.req.headers.host === undefined) throw badRequest();
    return next();
  };
}

/** Whoever writes such a request may not mean what comes next on the connection either. */
function badRequest(): HttpProblem {
  return new HttpProblem('bad_request', { headers: { Connection: 'close' } });
}

function isTarget(target: string): boolean {
  return target.startsWith('/') || target === '*' || isHttpUrl(target);
}

function isHttpUrl(target: string): boolean {
  return /^https?:\/\/[^/]/i.test(target) && URL.canParse(target);
}
