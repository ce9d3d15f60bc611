import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import type { Services } from './context.ts';
import { logErrors } from './log-errors.ts';
import { handleErrors } from './middleware/handle-errors.ts';
import { identifyCaller } from './middleware/identify-caller.ts';
import { logRequests } from './middleware/log-requests.ts';
import { refuseMalformed } from './middleware/refuse-malformed.ts';
import { unmatched } from './middleware/unmatched.ts';
import { createRouter } from './router.ts';
import { routes } from './routes.ts';

export interface AppOptions extends Services {
  readonly log: Logger;
  /** The most milliseconds until an answer leaves. */
  readonly requestDeadline: number;
  /** How many proxies stand before the server, each adding to X-Forwarded-For. */
  readonly trustProxy: number;
}

/** The way of every request, from top to bottom. */
export function createApp(options: AppOptions): Koa {
  const { log, requestDeadline, trustProxy } = options;
  const app = new Koa({ proxy: trustProxy > 0, maxIpsCount: trustProxy });
  app.on('error', logErrors(log));
  app.use(identifyCaller({ requestDeadline }));
  app.use(logRequests(log));
  app.use(helmet(NOTHING_EMBEDDED));
  app.use(noStore);
  app.use(handleErrors({ all: true }));
  app.use(refuseMalformed());
  app.use(createRouter(routes, options).routes());
  app.use(unmatched());
  return app;
}

/** Answers are for programs: no page may load, frame or run anything in them. */
const NOTHING_EMBEDDED = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  xFrameOptions: { action: 'deny' },
} as const;

/** RFC 6749 section 5.1: what holds a token, or speaks of one, is stored nowhere. */
const noStore: Koa.Middleware = (ctx, next) => {
  ctx.set('Cache-Control', 'no-store');
  return next();
};
