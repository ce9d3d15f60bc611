/** What a run of the bench leaves in results.json: every figure of every round. */
import type { StreamResult } from './load/protocol.ts';
import type { Measure } from './loads.ts';
import type { Row } from './rows.ts';

/** One row, one load, one pattern, one round. */
export interface Run extends Measure, StreamResult {
  readonly round: number;
  readonly row: string;
  /** Processor time of the server process for each request, in microseconds. */
  readonly cpuPerRequest: number;
  /** Finds and aggregates that MongoDB counted for each request. */
  readonly readsPerRequest: number;
}

/** A row as it stands in the tables, and why it was not measured, where it was not. */
export interface ReportedRow
  extends Pick<Row, 'id' | 'name' | 'configuration' | 'comparedWith' | 'entries' | 'userLoad'> {
  readonly isPeer: boolean;
  readonly checks: Row['checks'];
  readonly skipped?: string;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Who ran on which processor. */
  readonly pinning: string;
  /** Over the last minute, before each round. */
  readonly loadAverages: readonly number[];
}

/** Logins alone, one round. Rates are per second. */
export interface LoginRun {
  readonly round: number;
  readonly threads: number;
  readonly cost: number;
  /** One thread that does nothing but check passwords, before and after. */
  readonly oneThread: readonly [before: number, after: number];
  readonly logins: number;
}

/** `/me` at 200 requests/s, one round, without and with logins at twice what the server can do. */
export interface BesideLoginsRun {
  readonly round: number;
  readonly offered: number;
  readonly without: StreamResult;
  readonly beside: StreamResult;
  readonly logins: StreamResult;
}

/** What is compared with `/me` on the same server. */
export const ENDPOINTS = ['me', 'introspect', 'sessions', 'refresh'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** One endpoint at 50 connections, one round. */
export interface EndpointRun extends StreamResult {
  readonly round: number;
  readonly endpoint: Endpoint;
  /** Finds and aggregates that MongoDB counted for each request. */
  readonly readsPerRequest: number;
}

/** Memory of the server process once so many tokens have been used, after a garbage collection. Bytes. */
export interface MemoryReading {
  readonly tokens: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** `collStats` of a `revoked_tokens`. Bytes. */
export interface StorageReading {
  readonly entries: number;
  /** Of the documents, uncompressed. */
  readonly data: number;
  /** Of the data on disk, compressed by blocks. */
  readonly disk: number;
  readonly indexes: Readonly<Record<string, number>>;
}

export interface Results {
  readonly started: string;
  readonly minutes: number;
  readonly command: string;
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one run, in seconds: what is measured, and what comes before it. */
  readonly seconds: number;
  readonly leadIn: number;
  /** Of each server before its first run, in seconds. */
  readonly warmUp: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly ReportedRow[];
  readonly runs: readonly Run[];
  readonly logins: readonly LoginRun[];
  readonly besideLogins: readonly BesideLoginsRun[];
  readonly endpoints: readonly EndpointRun[];
  /** When these were measured, where that was in a run of their own. */
  readonly endpointsStarted?: string;
  readonly memory: readonly MemoryReading[];
  readonly storage: readonly StorageReading[];
  /** Rows and experiments that answered wrongly or did not start, and how. */
  readonly failures: Readonly<Record<string, string>>;
}
