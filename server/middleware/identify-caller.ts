import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Caller } from '../../lib/caller.ts';
import { normalizeIp } from '../../lib/ip-address.ts';
import { CALLER, type RequestContext, type State } from '../context.ts';

/** Share of the deadline for the use case. The rest is for sending the answer. */
const USE_CASE_SHARE = 0.9;

/** Sets the id of the request, and the caller with its deadline: milliseconds until the answer is sent. */
export function identifyCaller(requestDeadline: number): Middleware<State> {
  return function identifyCaller(ctx, next) {
    const deadline = performance.now() + requestDeadline * USE_CASE_SHARE;
    const caller = readCaller(ctx, deadline);
    ctx.state[CALLER] = caller;
    ctx.set('X-Request-Id', caller.requestId ?? '');
    return next();
  };
}

/**
 * Returns the caller of a request, to pass to use cases. Every call returns the same caller, with the principal
 * once `authenticate` has accepted the token.
 */
export function callerOf(
  ctx: Pick<RequestContext, 'ip' | 'get' | 'req'> & { state: object },
): Caller {
  const state: Partial<Pick<State, typeof CALLER>> = ctx.state;
  state[CALLER] ??= readCaller(ctx);
  return state[CALLER];
}

/** Reads the caller from the request. The client's request id is used if it has 8 to 64 safe characters. */
function readCaller(ctx: Pick<RequestContext, 'ip' | 'get' | 'req'>, deadline?: number): Caller {
  const given = ctx.get('X-Request-Id');
  return {
    ip: readIp(ctx),
    userAgent: cleanUserAgent(ctx.get('User-Agent')),
    requestId: /^[\w-]{8,64}$/.test(given) ? given : randomUUID(),
    deadline,
    principal: undefined, // `authenticate` replaces it: V8 is slow on objects that were spread and then extended
  };
}

/** Normalizes the address that Koa found, or the socket's where a proxy sent no IP address. */
function readIp({ ip, req }: Pick<RequestContext, 'ip' | 'req'>): string {
  return normalizeIp(ip) ?? normalizeIp(req.socket.remoteAddress ?? '') ?? '';
}

const MAX_USER_AGENT = 512;

/** Cuts the user agent, and replaces control characters of ISO 8859-1, which terminals interpret. */
function cleanUserAgent(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: replaces control characters
  return text.slice(0, MAX_USER_AGENT).replace(/[\0-\x1f\x7f-\x9f]/g, ' ') || undefined;
}
