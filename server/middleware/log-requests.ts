import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { CALLER, type State } from '../context.ts';

/**
 * Logs one line for each request, without its headers, body and query. Logs the pattern of the route, or `(no route)`,
 * in place of the path, because a path may contain a token.
 */
export function logRequests(log: Logger): Middleware<State> {
  return async function logRequests(ctx, next) {
    const started = performance.now();
    await next();
    const { [CALLER]: caller, route, principal, problem } = ctx.state;
    log.info(
      {
        request_id: caller.requestId,
        method: ctx.method,
        path: route?.path ?? '(no route)',
        status: ctx.status,
        ms: Math.round((performance.now() - started) * 10) / 10,
        ip: caller.ip,
        user_id: principal?.user.id,
        code: problem,
      },
      'request',
    );
  };
}
