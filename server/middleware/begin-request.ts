import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Context, Middleware } from 'koa';
import type { Caller } from '../../lib/caller.ts';
import { USE_CASE_SHARE } from '../../lib/defaults.ts';
import { normalizeIp } from '../../lib/ip-address.ts';
import type { AnswerHeaders } from '../answer-headers.ts';
import { CALLER, PRINCIPAL, type RequestContext, type State } from '../context.ts';
import { isForwarded } from '../proxy-warning.ts';

export interface BeginRequestOptions {
  /** Maximum milliseconds until a response is sent. */
  readonly requestDeadline: number;
  /** Headers of every response. */
  readonly headers: AnswerHeaders;
  /** Called for each request with a header in which proxies send the address of a client. */
  readonly onForwarded: (ctx: Context) => void;
  /** Aborted once the server is stopping. Every response then closes its connection. */
  readonly stopping: AbortSignal;
}

/** Sets the caller of the request (with its request id and deadline), and the headers of the response. */
export function beginRequest(options: BeginRequestOptions): Middleware<State> {
  const { requestDeadline, headers, onForwarded, stopping } = options;
  return async function beginRequest(ctx, next) {
    const deadline = performance.now() + requestDeadline * USE_CASE_SHARE;
    const caller = readCaller(ctx, deadline);
    ctx.state[CALLER] = caller;
    ctx.res.setHeader('X-Request-Id', caller.requestId ?? '');
    for (const [name, value] of headers) ctx.res.setHeader(name, value);
    if (isForwarded(ctx.req.headers)) onForwarded(ctx);
    await next();
    if (stopping.aborted) ctx.res.shouldKeepAlive = false;
  };
}

/**
 * Returns the caller of a request, which every use case takes as an argument. All calls for a request return the
 * same request id. The caller has a principal once `authenticate` has accepted the token.
 */
export function callerOf(
  ctx: Pick<RequestContext, 'ip' | 'get' | 'req'> & { state: object },
): Caller {
  const state: Partial<Pick<State, typeof CALLER | typeof PRINCIPAL>> = ctx.state;
  const caller = state[CALLER] ?? readCaller(ctx);
  const principal = state[PRINCIPAL];
  state[CALLER] = principal === caller.principal ? caller : { ...caller, principal };
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
    principal: undefined, // set here, since adding the property later in `authenticate` is slow in V8
  };
}

/** Returns the normalized address of the client, or of the socket if the proxy sent no IP address. */
function readIp({ ip, req: { socket } }: Pick<RequestContext, 'ip' | 'req'>): string {
  return ip === socket.remoteAddress
    ? readSocketIp(socket)
    : (normalizeIp(ip) ?? readSocketIp(socket));
}

/** Caches the normalized address of each socket, because a connection carries many requests. */
const socketIps = new WeakMap<Socket, string>();

function readSocketIp(socket: Socket): string {
  const known = socketIps.get(socket);
  if (known !== undefined) return known;
  const ip = normalizeIp(socket.remoteAddress ?? '') ?? '';
  socketIps.set(socket, ip);
  return ip;
}

const MAX_USER_AGENT = 512;

/** Shortens the user agent. Replaces control characters (of ISO 8859-1), because terminals would interpret them. */
function cleanUserAgent(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: replaces control characters
  return text.slice(0, MAX_USER_AGENT).replace(/[\0-\x1f\x7f-\x9f]/g, ' ') || undefined;
}
