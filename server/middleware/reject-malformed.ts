import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Middleware } from 'koa';
import { HttpProblem, type HttpProblemCode } from '../problems.ts';
import { HEADER_NAME, splitList } from '../raw-headers.ts';

/**
 * Rejects requests that violate RFC 9112 but pass Node's parser, so later middleware can rely on `ctx.path`. A
 * proxy may have framed such a request differently (request smuggling), so every later request on the same
 * connection is rejected as well.
 */
export function rejectMalformed(): Middleware {
  const poisonedSockets = new WeakSet<Socket>();

  return function rejectMalformed(ctx, next) {
    const { req } = ctx;
    const fault = poisonedSockets.has(req.socket) ? 'bad_request' : findFault(req);
    if (fault === undefined) return next();
    poisonedSockets.add(req.socket);
    if (!hasTarget(req)) req.url = '/'; // formatByPath needs a path
    throw new HttpProblem(fault, { headers: { Connection: 'close' } });
  };
}

function findFault(req: IncomingMessage): HttpProblemCode | undefined {
  const isValid =
    hasTarget(req) && hasOneHost(req) && hasOneLength(req) && hasValidNames(req.rawHeaders);
  if (!isValid) return 'bad_request';
  return expectsTooMuch(req) ? 'expectation_failed' : undefined;
}

/** Checks that the target is a path, a URL or `*` (RFC 9112 section 3.2). */
function hasTarget({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/') || url === '*' || isHttpUrl(url);
}

function isHttpUrl(target: string): boolean {
  return /^https?:\/\/[^/]/i.test(target) && URL.canParse(target);
}

/** Matches an optional host and an optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+(?:%25[\w.~-]+)?\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/** Checks the Host header (RFC 9112 section 3.2). HTTP/1.0 requests need no Host. */
function hasOneHost({ httpVersion, rawHeaders, headers: { host = '' } }: IncomingMessage): boolean {
  const count = countHeader('host', rawHeaders);
  return HOST.test(host) && (count === 1 || (count === 0 && httpVersion === '1.0'));
}

/** Checks that Transfer-Encoding is missing, or is `chunked` in HTTP/1.1 (RFC 9112 section 6.1). */
function hasOneLength({ httpVersion, headers }: IncomingMessage): boolean {
  const { 'transfer-encoding': encoding } = headers;
  return encoding === undefined || (encoding.toLowerCase() === 'chunked' && httpVersion === '1.1');
}

/** Returns true for expectations other than `100-continue` (RFC 9110 section 10.1.1). */
function expectsTooMuch({ httpVersion, headers: { expect } }: IncomingMessage): boolean {
  if (expect === undefined) return false;
  const expectations = splitList(expect.toLowerCase());
  return expectations.some((it) => it !== '100-continue') && httpVersion === '1.1';
}

function hasValidNames(rawHeaders: RawHeaders): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!HEADER_NAME.test(rawHeaders[index] ?? '')) return false;
  }
  return true;
}

/** Alternating names and values of headers as received, with duplicates. Node's parsed headers omit some duplicates. */
type RawHeaders = readonly string[];

/** Counts how often a header was sent. `name` must be in lower case. */
export function countHeader(name: string, rawHeaders: RawHeaders): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) count++;
  }
  return count;
}
