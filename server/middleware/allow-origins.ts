import cors from '@koa/cors';
import type { Middleware } from 'koa';
import { MINUTE, toSeconds } from '../../lib/time.ts';
import type { Route } from '../route.ts';

/** Response headers that pages may read, for retries and for support requests. */
const EXPOSED = ['Retry-After', 'WWW-Authenticate', 'X-Request-Id'];

/** Milliseconds that browsers may cache the response to a preflight request. */
const MAX_AGE = 10 * MINUTE;

/** Request headers that pages need for the API itself. */
const NEEDED = ['Authorization', 'Content-Type'];

export interface AllowOriginsOptions {
  /** Origins as browsers send them, such as `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Names of request headers that pages may send besides `Authorization` and `Content-Type`. */
  readonly headers: readonly string[];
}

/**
 * Lets pages of these origins read the responses in a browser, errors included (CORS of the Fetch standard). Never
 * allows cookies (credentials mode), because pages send the Authorization header instead. Excludes endpoints for
 * registered clients, because a page cannot keep a client secret.
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
    // Compares whole origins, because anyone can register a domain whose name contains an allowed name.
    origin: (ctx) => {
      const origin = ctx.get('Origin');
      return allowed.has(origin) && !closed.has(ctx.path) ? origin : '';
    },
    allowMethods: [...new Set(routes.map(({ method }) => method.toUpperCase()))],
    allowHeaders: [...NEEDED, ...headers],
    exposeHeaders: EXPOSED,
    maxAge: toSeconds(MAX_AGE),
    keepHeadersOnError: false, // unnecessary, because answerErrors keeps headers that are already set
  });
}
