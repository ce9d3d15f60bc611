import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Caller } from '../../lib/caller.ts';
import type { RequestContext, State } from '../context.ts';

export interface IdentifyCallerOptions {
  /** The most milliseconds until the answer has to leave. */
  readonly requestDeadline: number;
}

/** The part of the deadline that is kept for sending the answer. */
const ANSWERED_BY = 0.9;

/** Notes who asks and until when the answer must be there, and gives the request its id. */
export function identifyCaller({ requestDeadline }: IdentifyCallerOptions): Middleware<State> {
  return function identifyCaller(ctx, next) {
    const deadline = performance.now() + requestDeadline * ANSWERED_BY;
    ctx.state.caller = { ...callerOf(ctx), deadline };
    ctx.set('X-Request-Id', ctx.state.caller.requestId ?? '');
    return next();
  };
}

/** Who asks, as far as the request tells. An id from outside is taken over only where it is harmless. */
export function callerOf(ctx: Pick<RequestContext, 'ip' | 'get'>): Caller {
  const given = ctx.get('X-Request-Id');
  return {
    ip: ctx.ip,
    userAgent: ctx.get('User-Agent').slice(0, 512) || undefined,
    requestId: /^[\w-]{8,64}$/.test(given) ? given : randomUUID(),
  };
}
