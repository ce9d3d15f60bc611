import cors from '@koa/cors';
import type { Middleware } from 'koa';
import { MINUTE, toSeconds } from '../../lib/time.ts';
import type { Route } from '../routes/route.ts';

/** What a page has to see of an answer beside its body: whether and when to try again, and what to ask support for. */
const EXPOSED = ['Retry-After', 'WWW-Authenticate', 'X-Request-Id'];

/** For so long a browser may remember what it was told. */
const REMEMBERED = 10 * MINUTE;

/** The headers without which nothing here can be asked for. */
const NEEDED = ['Authorization', 'Content-Type'];

export interface AllowOriginsOptions {
  /** Origins as browsers write them, compared as a whole. */
  readonly origins: readonly string[];
  /** Names of request headers that pages may send, beside `Authorization` and `Content-Type`. */
  readonly headers: readonly string[];
}

/**
 * Lets pages of these origins, and of no others, read the answers in a browser (the Fetch standard's CORS),
 * errors too. Tokens come in a header that pages set themselves, so credentials are never asked for. The
 * endpoints for registered clients are left out: a page can keep no client's secret.
 */
export function allowOrigins(
  { origins, headers }: AllowOriginsOptions,
  routes: readonly Route[],
): Middleware {
  const allowed = new Set(origins);
  const closed = new Set(
    routes.filter(({ access }) => access === 'client').map(({ path }) => path),
  );
  return cors({
    // Compared as a whole: a part of an origin says nothing about whose it is.
    origin: (ctx) => {
      const origin = ctx.get('Origin');
      return allowed.has(origin) && !closed.has(ctx.path) ? origin : '';
    },
    allowMethods: [...new Set(routes.map(({ method }) => method.toUpperCase()))],
    allowHeaders: [...NEEDED, ...headers],
    exposeHeaders: EXPOSED,
    maxAge: toSeconds(REMEMBERED),
    keepHeadersOnError: false, // errors are answered further in, and keep the headers that are there
  });
}
