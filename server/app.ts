import Koa from 'koa';
import type { Logger } from 'pino';
import { answerHeaders } from './answer-headers.ts';
import type { Services } from './context.ts';
import { logErrors } from './log-errors.ts';
import { allowOrigins } from './middleware/allow-origins.ts';
import { handleErrors } from './middleware/handle-errors.ts';
import { identifyCaller } from './middleware/identify-caller.ts';
import { logRequests } from './middleware/log-requests.ts';
import { oauthErrors } from './middleware/oauth-errors.ts';
import { refuseMalformed } from './middleware/refuse-malformed.ts';
import { setHeaders } from './middleware/set-headers.ts';
import { unmatched } from './middleware/unmatched.ts';
import { warnOfProxies } from './middleware/warn-of-proxies.ts';
import { createRouter } from './router.ts';
import { routes } from './routes.ts';

export interface AppOptions extends Services {
  readonly log: Logger;
  /** The most milliseconds until an answer leaves. */
  readonly requestDeadline: number;
  /** How many proxies stand before the server, each adding to X-Forwarded-For. */
  readonly trustProxy: number;
  /** Whose pages may read answers in a browser. Default: nobody's. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** The request headers that these may send, beside `Authorization` and `Content-Type`. Default: no others. */
  readonly corsHeaders?: readonly string[] | undefined;
}

/** The way of every request, from top to bottom. */
export function createApp(options: AppOptions): Koa {
  const { log, requestDeadline, trustProxy, corsOrigins = [], corsHeaders = [] } = options;
  const app = new Koa({ proxy: trustProxy > 0, maxIpsCount: trustProxy });
  app.on('error', logErrors(log));
  app.use(warnOfProxies(log, trustProxy));
  app.use(identifyCaller({ requestDeadline }));
  app.use(logRequests(log));
  app.use(setHeaders(answerHeaders(corsOrigins)));
  app.use(handleErrors({ all: true }));
  app.use(oauthErrors());
  app.use(refuseMalformed());
  if (corsOrigins.length > 0) {
    app.use(allowOrigins({ origins: corsOrigins, headers: corsHeaders }, routes));
  }
  app.use(createRouter(routes, options).routes());
  app.use(unmatched());
  return app;
}
