import { type Clock, DAY, SECOND, within } from '../time.ts';
import type { Collections } from './collections.ts';
import { findByIds } from './database.ts';

/** What is counted: acknowledged revocations, refused revoked tokens, use cases that the database failed. */
const NAMES = ['revocations', 'refused_revoked', 'store_failures'] as const;
export type DailyCountName = (typeof NAMES)[number];

/** What happened on one day, by UTC. */
export interface DayCounts {
  /** As `2026-11-24`. */
  readonly day: string;
  readonly revocations: number;
  readonly refusedRevoked: number;
  readonly storeFailures: number;
}

export interface DailyCounts {
  /** Counts one more. Costs a look into memory. */
  add(name: DailyCountName): void;
  /** The last days up to today, the newest first, of all servers as far as they have written. StoreUnavailable. */
  last(days: number): Promise<DayCounts[]>;
  /** Writes what was counted. What could not be written is kept for the next time. */
  flush(): Promise<void>;
  /** Ends the timer, and writes what was counted. Does not wait long for a database that does not answer. */
  stop(): Promise<void>;
}

export interface DailyCountsOptions {
  readonly clock?: Clock;
  /** Milliseconds between two writes of this process. Default 10 seconds. */
  readonly flushEvery?: number;
}

/** Keeps the `daily_counts` collection: every process adds its sums to it. */
export function createDailyCounts(
  { dailyCounts }: Pick<Collections, 'dailyCounts'>,
  { clock = Date.now, flushEvery = 10 * SECOND }: DailyCountsOptions = {},
): DailyCounts {
  const sums = new Map<string, number>();
  let writing = Promise.resolve();

  async function write(id: string, n: number): Promise<void> {
    const update = { $inc: { n }, $setOnInsert: { day: new Date(id.slice(0, DATE_LENGTH)) } };
    // A failover may forget ten seconds of it; nothing is decided by these numbers.
    const options = { upsert: true, writeConcern: { w: 1 } } as const;
    await dailyCounts.updateOne({ _id: id }, update, options);
    const left = (sums.get(id) ?? 0) - n;
    if (left > 0) sums.set(id, left);
    else sums.delete(id);
  }

  async function writeAll(): Promise<void> {
    await Promise.allSettled([...sums].map(([id, n]) => write(id, n)));
  }

  /** One after the other: two at once would write the same sums. */
  function flush(): Promise<void> {
    writing = writing.then(writeAll);
    return writing;
  }

  const timer = setInterval(() => void flush(), flushEvery).unref();

  return {
    flush,

    add(name) {
      const id = idOf(dayOf(clock()), name);
      sums.set(id, (sums.get(id) ?? 0) + 1);
    },

    async last(count) {
      const days = lastDays(count, clock());
      const ids = days.flatMap((day) => NAMES.map((name) => idOf(day, name)));
      const found = await findByIds(dailyCounts, ids, { n: 1 });
      const counts = new Map(found.map(({ _id, n }) => [_id, n]));
      return days.map((day) => countsOf(day, counts));
    },

    async stop() {
      clearInterval(timer);
      await within(STOP_PATIENCE, flush(), late).catch(() => undefined);
    },
  };
}

/** The longest that a server which stops waits for its last counts, in milliseconds. */
const STOP_PATIENCE = 2 * SECOND;

const late = () => new Error('The last counts were not written in time');

const DATE_LENGTH = 'yyyy-mm-dd'.length;

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, DATE_LENGTH);
}

function idOf(day: string, name: DailyCountName): string {
  return `${day}:${name}`;
}

function lastDays(count: number, now: number): string[] {
  return Array.from({ length: count }, (_, ago) => dayOf(now - ago * DAY));
}

function countsOf(day: string, counts: ReadonlyMap<string, number>): DayCounts {
  const of = (name: DailyCountName) => counts.get(idOf(day, name)) ?? 0;
  return {
    day,
    revocations: of('revocations'),
    refusedRevoked: of('refused_revoked'),
    storeFailures: of('store_failures'),
  };
}
