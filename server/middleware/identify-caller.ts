import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Caller } from '../../lib/caller.ts';
import { normalizeIp } from '../../lib/ip-address.ts';
import { CALLER, type RequestContext, type State } from '../context.ts';

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
    const caller = callerFrom(ctx, deadline);
    ctx.state[CALLER] = caller;
    ctx.set('X-Request-Id', caller.requestId ?? '');
    return next();
  };
}

/**
 * The caller of a request, for use cases of an application's own: the same at each call, with the principal
 * once `authenticate` has accepted the token.
 */
export function callerOf(
  ctx: Pick<RequestContext, 'ip' | 'get' | 'req'> & { state: object },
): Caller {
  const state: Partial<Pick<State, typeof CALLER>> = ctx.state;
  state[CALLER] ??= callerFrom(ctx);
  return state[CALLER];
}

/** Reads the caller from the request. An id from outside is taken over only where it is harmless. */
function callerFrom(ctx: Pick<RequestContext, 'ip' | 'get' | 'req'>, deadline?: number): Caller {
  const given = ctx.get('X-Request-Id');
  return {
    ip: ipOf(ctx),
    userAgent: userAgentOf(ctx.get('User-Agent')),
    requestId: /^[\w-]{8,64}$/.test(given) ? given : randomUUID(),
    deadline,
    principal: undefined, // its place, for `authenticate`: V8 is slow to read objects that were spread and then extended
  };
}

/** The address that Koa believes, in its one spelling; where a proxy wrote something else, that of the proxy. */
function ipOf({ ip, req }: Pick<RequestContext, 'ip' | 'req'>): string {
  return normalizeIp(ip) ?? normalizeIp(req.socket.remoteAddress ?? '') ?? '';
}

const LONGEST_USER_AGENT = 512;

/** Returns the user agent without the control characters of ISO 8859-1, which a terminal would obey. */
function userAgentOf(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.slice(0, LONGEST_USER_AGENT).replace(/[\0-\x1f\x7f-\x9f]/g, ' ') || undefined;
}
