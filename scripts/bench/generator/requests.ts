/** Requests of the load generator, made before anything is measured. */

/** A request in bytes, and the status of a right answer. */
export interface Request {
  readonly bytes: Uint8Array;
  readonly expected: number;
}

/** Returns the next request; undefined when there is none left. */
export type Source = () => Request | undefined;

/** Encodes a request. Its line has the method and the target. */
function encodeRequest(
  line: string,
  headers: Readonly<Record<string, string>>,
  { body = '', expected = 200 } = {},
): Request {
  const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
  const fields = Object.entries({ Host: '127.0.0.1', ...headers, ...length });
  const head = [`${line} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), expected };
}

/** A client that may introspect. */
export interface Client {
  readonly id: string;
  readonly secret: string;
}

/** Returns the parts of `POST /oauth/introspect` of a token by a client. */
export function describeIntrospection({ id, secret }: Client, token: string) {
  const credentials = Buffer.from(`${id}:${secret}`).toString('base64');
  const headers = {
    Authorization: `Basic ${credentials}`,
    'Content-Type': 'application/x-www-form-urlencoded',
  };
  return { method: 'POST', target: '/oauth/introspect', headers, body: `token=${token}` };
}

export function introspectRequest(client: Client, token: string): Request {
  const { method, target, headers, body } = describeIntrospection(client, token);
  return encodeRequest(`${method} ${target}`, headers, { body });
}

/** Returns `GET /api/auth/me` with this header. */
export function meRequest(name: string, value: string, expected = 200): Request {
  return encodeRequest('GET /api/auth/me', { [name]: value }, { expected });
}

/** Returns `GET /api/auth/me` with each of these tokens. */
export function authorize(tokens: readonly string[]): readonly Request[] {
  return tokens.map((token) => meRequest('Authorization', `Bearer ${token}`));
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
