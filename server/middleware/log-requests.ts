import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import type { State } from '../context.ts';

/** One line for each request, of fields that are named here and of no others: no header, no body, no query. */
export function logRequests(log: Logger): Middleware<State> {
  return async function logRequests(ctx, next) {
    const started = performance.now();
    await next();
    const { caller, principal, problem } = ctx.state;
    log.info(
      {
        request_id: caller.requestId,
        method: ctx.method,
        path: ctx.path,
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
