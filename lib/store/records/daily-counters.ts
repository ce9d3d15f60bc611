import { type Clock, DAY, SECOND, withTimeout } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import { findByIds } from '../mongo/database.ts';

/** The counted events: acknowledged revocations, refusals of revoked tokens, and failures because of the database. */
const COUNTERS = ['revocations', 'refused_revoked', 'store_failures'] as const;
export type DailyCounterName = (typeof COUNTERS)[number];

/** The counts of one day (UTC). */
export interface DayCounts {
  /** The date, such as `2026-11-24`. */
  readonly day: string;
  readonly revocations: number;
  readonly refusedRevoked: number;
  readonly storeFailures: number;
}

export type DailyCounters = ReturnType<typeof createDailyCounters>;

export interface DailyCountersOptions {
  readonly clock?: Clock;
  /** Milliseconds between two flushes of this process. Default 10 seconds. */
  readonly flushEvery?: number;
}

/** Maintains the `daily_counts` collection, to which every process adds its counts. */
export function createDailyCounters(
  { dailyCounts }: Pick<Collections, 'dailyCounts'>,
  { clock = Date.now, flushEvery = 10 * SECOND }: DailyCountersOptions = {},
) {
  const sums = new Map<string, number>();
  let writing = Promise.resolve();

  async function write(id: string, n: number): Promise<void> {
    const update = { $inc: { n }, $setOnInsert: { day: new Date(id.slice(0, DATE_LENGTH)) } };
    // With `w: 1` a failover may lose the last counts, but no decision depends on counts.
    const options = { upsert: true, writeConcern: { w: 1 } } as const;
    await dailyCounts.updateOne({ _id: id }, update, options);
    const left = (sums.get(id) ?? 0) - n;
    if (left > 0) sums.set(id, left);
    else sums.delete(id);
  }

  /** Writes the counts. Flushes never overlap. Counts that could not be written are kept for the next flush. */
  function flush(): Promise<void> {
    const writeAll = () => Promise.allSettled([...sums].map(([id, n]) => write(id, n)));
    writing = writing.then(writeAll).then(() => undefined);
    return writing;
  }

  const timer = setInterval(() => void flush(), flushEvery).unref();

  return {
    flush,

    /** Increments a counter, in memory only. */
    increment(name: DailyCounterName): void {
      const id = toCounterId(toDay(clock()), name);
      sums.set(id, (sums.get(id) ?? 0) + 1);
    },

    /** Returns the flushed counts of the last `count` days, today first. Throws StoreUnavailable if the read fails. */
    async last(count: number): Promise<DayCounts[]> {
      const days = lastDays(count, clock());
      const counts = await readCounts(dailyCounts, days);
      return days.map((day) => toDayCounts(day, counts));
    },

    /** Stops the timer, and waits at most 2 seconds for a last flush. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await withTimeout(STOP_TIMEOUT, flush(), timedOut).catch(() => undefined);
    },
  };
}

/** The timeout of the last flush, in milliseconds. */
const STOP_TIMEOUT = 2 * SECOND;

const timedOut = () => new Error('The last counts were not written in time');

const DATE_LENGTH = 'yyyy-mm-dd'.length;

function toDay(time: number): string {
  return new Date(time).toISOString().slice(0, DATE_LENGTH);
}

function toCounterId(day: string, name: DailyCounterName): string {
  return `${day}:${name}`;
}

function lastDays(count: number, now: number): string[] {
  return Array.from({ length: count }, (_, ago) => toDay(now - ago * DAY));
}

async function readCounts(dailyCounts: Collections['dailyCounts'], days: readonly string[]) {
  const ids = days.flatMap((day) => COUNTERS.map((name) => toCounterId(day, name)));
  const found = await findByIds(dailyCounts, ids, { n: 1 });
  return new Map(found.map(({ _id, n }) => [_id, n]));
}

function toDayCounts(day: string, counts: ReadonlyMap<string, number>): DayCounts {
  const read = (name: DailyCounterName) => counts.get(toCounterId(day, name)) ?? 0;
  return {
    day,
    revocations: read('revocations'),
    refusedRevoked: read('refused_revoked'),
    storeFailures: read('store_failures'),
  };
}
