/** Messages between the bench and its load generator. Times are milliseconds. */

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
  | { readonly sign: { readonly secret: string; readonly count: number } }
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
