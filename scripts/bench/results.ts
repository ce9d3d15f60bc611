/** Contents of results.json: every figure of every round. */
import type { runBench } from './bench.ts';
import type { StreamResult } from './generator/loops.ts';
import type { Measure, Row } from './rows.ts';

/** A measurement with the server's processor time in microseconds and MongoDB's reads, for each request. */
export interface Measured extends StreamResult {
  readonly round: number;
  readonly cpuPerRequest?: number;
  /** Finds and aggregates. */
  readonly readsPerRequest: number;
  /** Commands that belong to no request: the feed of a follower asks by getMore, and its renewals are writes. */
  readonly getMoresPerSecond?: number;
  readonly writesPerSecond?: number;
}

export interface Measurement extends Measured, Measure {
  readonly row: string;
}

type Reported =
  | 'id'
  | 'name'
  | 'configuration'
  | 'entries'
  | 'userLoad'
  | 'checks'
  | 'comparedWith';

/** A row as the tables show it, and the reason why it was not measured. */
export interface ReportedRow extends Pick<Row, Reported> {
  readonly isPeer: boolean;
  readonly skipped?: string | undefined;
}

/** The share of the samples of a profile in one function, without the functions that it called. */
export interface ProfiledFunction {
  /** The owner of the code: a package, rescind's room, `node`, or the runtime. */
  readonly owner: string;
  readonly name: string;
  readonly share: number;
}

export interface Profile {
  readonly row: string;
  readonly pattern: Measure['pattern'];
  readonly seconds: number;
  /** The share of the time in which the thread had nothing to do. */
  readonly idle: number;
  /** Shares of the time in which it had something to do, the largest first. */
  readonly owners: readonly Omit<ProfiledFunction, 'name'>[];
  readonly functions: readonly ProfiledFunction[];
}

/** Times in milliseconds of logouts, and of single writes by the same client in turn with them. */
export interface Logouts {
  readonly followers: number;
  readonly nodes: number;
  /** `known`: the server has checked the token before, as it has almost always. */
  readonly token: 'known' | 'unknown';
  readonly count: number;
  readonly write: { readonly p50: number; readonly p99: number };
  readonly logout: { readonly p50: number; readonly p99: number };
}

/** Shares of one processor that mongod used with so many followers at rest, and without any. */
export interface AtRest {
  readonly followers: number;
  readonly lease: number;
  readonly seconds: number;
  readonly without: number;
  readonly following: number;
}

/** Bytes of the server process after `tokens` were used and garbage was collected. */
export interface MemoryReading {
  readonly tokens: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** `collStats` of a `revoked_tokens`, in bytes: documents uncompressed, data on disk compressed. */
export interface StorageReading {
  readonly entries: number;
  readonly data: number;
  readonly disk: number;
  readonly indexes: Readonly<Record<string, number>>;
}

export interface Findings {
  readonly runs: readonly Measurement[];
  readonly profiles: readonly Profile[];
  readonly logouts: readonly Logouts[];
  readonly atRest: readonly AtRest[];
  readonly knownTokens: readonly MemoryReading[];
  readonly storage: readonly StorageReading[];
}

/** All findings with the plan behind them. Times are seconds. */
export interface Results extends Awaited<ReturnType<typeof runBench>> {}

/** Reads a results.json. What an older one does not have was not measured. */
export function readResults(text: string): Results {
  return { knownTokens: [], profiles: [], logouts: [], atRest: [], ...JSON.parse(text) };
}
