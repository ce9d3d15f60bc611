/** What a request expects to be answered. */
export interface Request {
  readonly bytes: Uint8Array;
  readonly expected: readonly number[];
}

/** Gives the next request; undefined when there is none left. */
export type Source = () => Request | undefined;

/** The header that says who asks, and which statuses are right for him. */
export interface Credential {
  readonly name: string;
  readonly value: string;
  readonly expected: readonly number[];
}

/** `GET /api/auth/me` of somebody. */
export function meRequest({ name, value, expected }: Credential): Request {
  const text = `GET /api/auth/me HTTP/1.1\r\nHost: 127.0.0.1\r\n${name}: ${value}\r\n\r\n`;
  return { bytes: Buffer.from(text, 'latin1'), expected };
}

/** Any request, as it is to be written. */
export interface RequestText {
  /** Method and target. */
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The bytes of a request that is to be answered 200. */
export function requestOf({ line, headers, body = '' }: RequestText): Request {
  const length = body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const fields = Object.entries({ Host: '127.0.0.1', ...headers, ...length });
  const head = [`${line} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), expected: [200] };
}

/** `POST /api/auth/login`. 503 is a right answer: more logins may be offered than there is time for. */
export function loginRequest(email: string, password: string): Request {
  const body = JSON.stringify({ email, password });
  const head = [
    'POST /api/auth/login HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), expected: [200, 503] };
}

/** Any of them, again and again. */
export function randomly(requests: readonly Request[]): Source {
  return () => requests[Math.floor(Math.random() * requests.length)];
}

/** Each of them once, in their order. */
export function once(requests: readonly Request[]): Source {
  let next = 0;
  return () => requests[next++];
}
