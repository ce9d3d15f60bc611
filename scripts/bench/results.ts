/** Contents of results.json: every figure of every round. */
import type { runBench } from './bench.ts';
import type { StreamResult } from './generator/loops.ts';
import type { Measure, Row } from './rows.ts';

/** A measurement with the server's processor time in microseconds and MongoDB's reads, for each request. */
export interface Measured extends StreamResult {
  readonly round: number;
  readonly cpuPerRequest?: number;
  readonly readsPerRequest: number;
}

export interface Measurement extends Measured, Measure {
  readonly row: string;
}

/** A row as the tables show it, and the reason why it was not measured. */
export interface ReportedRow
  extends Omit<Row, 'peer' | 'revocations' | 'form' | 'ownSessions' | 'measures'> {
  readonly isPeer: boolean;
  readonly skipped?: string | undefined;
}

export const ENDPOINTS = ['me', 'introspect', 'sessions', 'refresh'] as const;

export interface Findings {
  readonly runs: readonly Measurement[];
  /** Logins a second, and the rates of one thread that only checked passwords before and after. */
  readonly logins: readonly {
    readonly round: number;
    readonly threads: number;
    readonly cost: number;
    readonly oneThread: readonly [before: number, after: number];
    readonly logins: number;
  }[];
  /** `/me` at 200 requests/s, without and with logins at twice the server's capacity. */
  readonly besideLogins: readonly {
    readonly round: number;
    readonly offered: number;
    readonly without: StreamResult;
    readonly beside: StreamResult;
    readonly logins: StreamResult;
  }[];
  readonly endpoints: readonly (Measured & { readonly endpoint: (typeof ENDPOINTS)[number] })[];
  /** Bytes of the server process after `tokens` were used and garbage was collected. */
  readonly memory: readonly {
    readonly tokens: number;
    readonly rss: number;
    readonly heapUsed: number;
    readonly external: number;
  }[];
  /** `collStats` of a `revoked_tokens`, in bytes: documents uncompressed, data on disk compressed. */
  readonly storage: readonly {
    readonly entries: number;
    readonly data: number;
    readonly disk: number;
    readonly indexes: Readonly<Record<string, number>>;
  }[];
}

/** All findings with the plan behind them. Times are seconds. */
export interface Results extends Awaited<ReturnType<typeof runBench>> {
  /** Start of the endpoints' own run, where they were measured in another one. */
  readonly endpointsStarted?: string;
}
