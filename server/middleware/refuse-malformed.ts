import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Middleware } from 'koa';
import { HttpProblem, type HttpProblemCode } from '../problems.ts';
import { areNames, isHost, listOf, timesSent } from '../raw-headers.ts';

/**
 * Refuses what Node, or its older parser, lets pass although RFC 9112 does not. Anything further in may rely
 * on `ctx.path`. A proxy may have read such a request otherwise, and taken for its body what follows here
 * as the next request: so nothing more is done that comes on its connection.
 */
export function refuseMalformed(): Middleware {
  const doubtful = new WeakSet<Socket>();

  return function refuseMalformed(ctx, next) {
    const { req } = ctx;
    const fault = doubtful.has(req.socket) ? 'bad_request' : faultOf(req);
    if (fault === undefined) return next();
    doubtful.add(req.socket);
    if (!isTarget(req)) req.url = '/'; // so that the log can still name a path
    throw new HttpProblem(fault, { headers: { Connection: 'close' } });
  };
}

function faultOf(req: IncomingMessage): HttpProblemCode | undefined {
  const isGood = isTarget(req) && hasOneHost(req) && hasOneLength(req) && areNames(req.rawHeaders);
  if (!isGood) return 'bad_request';
  return expectsTooMuch(req) ? 'expectation_failed' : undefined;
}

/** RFC 9112 section 3.2: a path or a URL, and nothing else. */
function isTarget({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/') || url === '*' || isHttpUrl(url);
}

function isHttpUrl(target: string): boolean {
  return /^https?:\/\/[^/]/i.test(target) && URL.canParse(target);
}

/** RFC 9112 section 3.2; HTTP/1.0 may do without. */
function hasOneHost({ httpVersion, rawHeaders, headers: { host = '' } }: IncomingMessage): boolean {
  const times = timesSent('host', rawHeaders);
  return isHost(host) && (times === 1 || (times === 0 && httpVersion === '1.0'));
}

/** RFC 9112 section 6.1: `chunked` is the one transfer encoding here, and HTTP/1.0 has none. */
function hasOneLength({ httpVersion, headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': encoding } = headers;
  return encoding === undefined || (encoding.toLowerCase() === 'chunked' && httpVersion === '1.1');
}

/** RFC 9110 section 10.1.1. */
function expectsTooMuch({ httpVersion, headers: { expect } }: IncomingMessage): boolean {
  if (expect === undefined) return false;
  const expectations = listOf(expect.toLowerCase());
  return expectations.some((it) => it !== '100-continue') && httpVersion === '1.1';
}
