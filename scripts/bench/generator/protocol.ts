/** Messages between the bench and its load generator, and the requests in them. Times are milliseconds. */

/** Closed loop: connections that each send the next request on a response. Open loop: requests a second. */
export type Load = { readonly connections: number } | { readonly rate: number };

/** A request in bytes, or as text with method and target in its line, and the statuses of a right answer. */
export interface Request {
  readonly bytes: Uint8Array;
  readonly expected: readonly number[];
}

export interface RequestText extends Partial<Omit<Request, 'bytes'>> {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Replaces the requests of a set: by those given, or by `GET /me` with new tokens of all users in turn. */
export type RequestSetTask = { readonly set: string } & (
  | { readonly requests: readonly RequestText[] }
  | { readonly issue: { readonly secret: string; readonly count: number } }
);

/** Requests of a set under a load: any of them again and again, or each once until none is left. */
export interface Stream {
  readonly set: string;
  readonly order: 'random' | 'once';
  readonly load: Load;
}

/** Streams at the same time against one server. The lead-in is sent like the rest and not measured. */
export interface LoadTask {
  readonly port: number;
  readonly leadIn: number;
  readonly duration: number;
  readonly streams: readonly Stream[];
}

export interface StreamResult {
  /** Responses in the measured time, that time, and their statuses. */
  readonly completed: number;
  readonly elapsed: number;
  readonly measuredStatuses: Readonly<Record<string, number>>;
  /** All responses including the lead-in, their statuses, and the number of unexpected ones. */
  readonly answered: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly wrong: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Open loop: delay of the generator itself at the 99th percentile. */
  readonly lateP99?: number;
}

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
