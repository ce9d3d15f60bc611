/** What the bench asks its load generator, one question at a time. Times are milliseconds. */
import type { Credential, RequestText } from './requests.ts';

/**
 * How requests are offered. Closed: each connection sends the next request when the last one has been
 * answered. Open: so many a second, whatever the answers do.
 */
export type Load =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'open'; readonly rate: number };

/** Requests that runs can draw from, kept under a name in place of what was there. */
export type PoolTask = { readonly pool: string } & (
  | { readonly credentials: readonly Credential[] }
  | { readonly requests: readonly RequestText[] }
  | { readonly mint: MintTask }
  | { readonly logins: { readonly emails: readonly string[]; readonly password: string } }
);

/** New tokens for all users in turn. */
export interface MintTask {
  readonly secret: string;
  readonly count: number;
}

/** Requests from one pool: any of them again and again, or each once, until none is left. */
export interface StreamTask {
  readonly pool: string;
  readonly order: 'random' | 'once';
  readonly load: Load;
}

/** Streams at the same time against one server. The lead-in is like the rest, and is not measured. */
export interface RunTask {
  readonly port: number;
  readonly leadIn: number;
  readonly duration: number;
  readonly streams: readonly StreamTask[];
}

/** What a stream measured. Times are milliseconds. */
export interface StreamResult {
  /** Requests in the measured time, and that time. */
  readonly completed: number;
  readonly elapsed: number;
  /** The same by status. */
  readonly measuredStatuses: Readonly<Record<string, number>>;
  /** All requests of the run, the lead-in with them, and their statuses. */
  readonly answered: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** How many answers were not the expected ones. */
  readonly wrong: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Open loop: by how much the generator itself was late, at the 99th percentile. */
  readonly lateP99?: number;
}

export type GeneratorTask = PoolTask | RunTask;
export type GeneratorAnswer =
  | { readonly done: true }
  | { readonly results: readonly StreamResult[] }
  | { readonly failed: string };
