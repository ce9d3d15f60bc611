import Koa from 'koa';
import type { Logger } from 'pino';
import { AuthError } from '../lib/errors.ts';
import { answerHeaders } from './answer-headers.ts';
import { CALLER, type RequestContext, type Services } from './context.ts';
import { formatByPath } from './error-formats.ts';
import { allowOrigins } from './middleware/allow-origins.ts';
import { beginRequest } from './middleware/begin-request.ts';
import { answerErrors } from './middleware/handle-errors.ts';
import { logRequests } from './middleware/log-requests.ts';
import { rejectMalformed } from './middleware/reject-malformed.ts';
import { createProxyWarning } from './proxy-warning.ts';
import { createRouter } from './router.ts';
import { routes } from './routes.ts';

export interface AppOptions extends Services {
  readonly log: Logger;
  /** Maximum milliseconds until a response is sent. */
  readonly requestDeadline: number;
  /** Number of proxies in front of the server, each of which adds an address to X-Forwarded-For. */
  readonly trustProxy: number;
  /** Origins whose pages may read responses in a browser. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Request headers that pages of `corsOrigins` may send besides `Authorization` and `Content-Type`. Default: none. */
  readonly corsHeaders?: readonly string[] | undefined;
}

/** Creates the application. Every request runs through the middleware below, from top to bottom. */
export function createApp(options: AppOptions): Koa {
  const { log, trustProxy, corsOrigins = [], corsHeaders = [] } = options;
  const onForwarded = createProxyWarning(log, trustProxy);
  const app = new Koa({ proxy: trustProxy > 0, maxIpsCount: trustProxy });
  app.on('error', logErrors(log));
  app.use(beginRequest({ ...options, headers: answerHeaders(corsOrigins), onForwarded }));
  app.use(logRequests(log));
  app.use(answerErrors(formatByPath));
  app.use(rejectMalformed());
  if (corsOrigins.length > 0) {
    app.use(allowOrigins({ origins: corsOrigins, headers: corsHeaders }, routes));
  }
  app.use(createRouter(routes, options));
  return app;
}

/** Logs errors with status 500 or above. An overload (`busy`) is logged as a warning without its stack. */
function logErrors(log: Logger) {
  return function logError(error: unknown, ctx?: RequestContext): void {
    const fields = { request_id: ctx?.state[CALLER]?.requestId, code: ctx?.state.problem };
    if (error instanceof AuthError && error.code === 'busy') log.warn(fields, error.message);
    else log.error({ err: error, ...fields }, 'request failed');
  };
}
