import type { Request, RequestText } from './protocol.ts';

/** Returns the next request; undefined when there is none left. */
export type Source = () => Request | undefined;

/** Returns `GET /api/auth/me` with this header. */
export function meRequest(name: string, value: string, expected = 200): RequestText {
  return { line: 'GET /api/auth/me', headers: { [name]: value }, expected: [expected] };
}

export function encodeRequest({
  line,
  headers,
  body = '',
  expected = [200],
}: RequestText): Request {
  const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const fields = Object.entries({ Host: '127.0.0.1', ...headers, ...length });
  const head = [`${line} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), expected };
}

/** Returns requests at random, without end. */
export function randomly(requests: readonly Request[]): Source {
  return () => requests[Math.floor(Math.random() * requests.length)];
}

/** Returns each request once, in order. */
export function once(requests: readonly Request[]): Source {
  let next = 0;
  return () => requests[next++];
}
