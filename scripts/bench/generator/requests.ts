/** Requests of the load generator, made before anything is measured. */

/** A request in bytes, and the statuses of a right answer. */
export interface Request {
  readonly bytes: Uint8Array;
  readonly expected: readonly number[];
}

/** Returns the next request; undefined when there is none left. */
export type Source = () => Request | undefined;

/** Encodes a request. Its line has the method and the target. */
export function encodeRequest(
  line: string,
  headers: Readonly<Record<string, string>>,
  body = '',
  expected: readonly number[] = [200],
): Request {
  const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const fields = Object.entries({ Host: '127.0.0.1', ...headers, ...length });
  const head = [`${line} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), expected };
}

/** Returns a request with a body of JSON. */
export function jsonRequest(line: string, body: object, expected?: readonly number[]): Request {
  const headers = { 'Content-Type': 'application/json' };
  return encodeRequest(line, headers, JSON.stringify(body), expected);
}

/** Returns `GET /api/auth/me` with this header. */
export function meRequest(name: string, value: string, expected = 200): Request {
  return encodeRequest('GET /api/auth/me', { [name]: value }, '', [expected]);
}

/** Returns `GET /api/auth/me` with each of these tokens. */
export function authorize(tokens: readonly string[], expected = 200): readonly Request[] {
  return tokens.map((token) => meRequest('Authorization', `Bearer ${token}`, expected));
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
