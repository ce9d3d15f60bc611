import type { Db } from 'mongodb';
import { StoreNotReady, StoreUnavailable } from '../../errors.ts';
import { type Clock, MINUTE, SECOND } from '../../time.ts';
import { orUnavailable } from './database.ts';
import { watchReach } from './why-unreachable.ts';

export type ClockSkew = ReturnType<typeof createClockSkew>;

/** The largest allowed skew between the clocks of this process and of the database, in milliseconds. */
export const MAX_SKEW = 5 * MINUTE;

const INTERVAL = 30 * SECOND;

/** The most milliseconds by which the wall clock may be set before the last measured skew says nothing any more. */
const MOST_SET = MINUTE;

/** Returns the time at which the monotonic clock began, by the wall clock. It changes when the wall clock is set. */
const readOrigin = (): number => Date.now() - performance.now();

/** Measures the skew between the clocks of this process and of the database every 30 seconds. */
export function createClockSkew(db: Db, clock: Clock) {
  const reach = watchReach(db.client);
  const { measure, last, wasSet } = createMeasurement(db, clock, reach);
  let again: Promise<number> | undefined;

  /** Measures the skew once for all who ask meanwhile. */
  function measureAgain(): Promise<number> {
    again ??= measure().finally(() => {
      again = undefined;
    });
    return again;
  }

  function watch(): void {
    measure().catch(() => undefined); // not reported, because the next request fails as well
  }

  watch();
  const timer = setInterval(watch, INTERVAL).unref();

  return {
    measure,
    stop(): void {
      clearInterval(timer);
      reach.stop();
    },
    /**
     * Returns true if a skew was measured, the last one is at most 5 minutes, and the wall clock was not set since. Both
     * clocks of this moment may be given; by default they are read.
     */
    isBearable(wall = Date.now(), mono = performance.now()): boolean {
      const skew = last();
      return skew !== undefined && Math.abs(skew) <= MAX_SKEW && !wasSet(wall - mono);
    },
    /**
     * Throws StoreUnavailable if the last measured skew is over 5 minutes, because `exp` and `iat` would be
     * meaningless. Measures the skew first if it is unknown, or if the wall clock was set since.
     */
    async assertBearable(): Promise<void> {
      const skew = wasSet() ? undefined : last();
      assertBearable(skew ?? (await measureAgain()));
    },
    /**
     * Returns the time of this process. Throws StoreUnavailable if it is over 5 minutes off this time of the database's
     * clock. Whoever needs the time later uses the one returned, because the clock may be set meanwhile.
     */
    assertNear(databaseTime: Date): number {
      const now = clock();
      assertBearable(now - databaseTime.getTime());
      return now;
    },
  };
}

function createMeasurement(db: Db, clock: Clock, reach: ReturnType<typeof watchReach>) {
  let newest: Measured | undefined;

  async function measureOnce(): Promise<Measured> {
    const measuring = { began: performance.now(), origin: readOrigin() };
    const sent = clock();
    const { localTime } = await orUnavailable(db.command({ hello: 1 })).catch(explain);
    const received = clock();
    if (!(localTime instanceof Date)) throw new StoreUnavailable('The database returned no time');
    return { ...measuring, skew: (sent + received) / 2 - localTime.getTime() };
  }

  function explain(error: unknown): never {
    const reason = error instanceof StoreNotReady ? undefined : reach.why();
    if (reason === undefined || !(error instanceof StoreUnavailable)) throw error;
    throw new StoreUnavailable(reason, error.cause);
  }

  /**
   * Measures the skew and returns it in milliseconds. The skew is positive if the clock of this process is ahead. Measures
   * again if the wall clock was set meanwhile, which would be seen by half.
   */
  async function measure(): Promise<number> {
    const measured = await measureOnce();
    if (isFar(readOrigin(), measured.origin)) return measure();
    if (newest === undefined || measured.began > newest.began) newest = measured;
    return measured.skew;
  }

  return {
    measure,
    last: (): number | undefined => newest?.skew,
    /** Returns true if the wall clock was set since the last measurement, or went on while the machine slept. */
    wasSet: (origin = readOrigin()): boolean =>
      newest !== undefined && isFar(origin, newest.origin),
  };
}

/** A skew in milliseconds, and when it was measured by the monotonic clock. */
interface Measured {
  readonly skew: number;
  readonly began: number;
  /** The result of `readOrigin` before the measurement. */
  readonly origin: number;
}

/** Returns true if the wall clock was set between two readings of the origin. */
function isFar(origin: number, earlier: number): boolean {
  return Math.abs(origin - earlier) > MOST_SET;
}

function assertBearable(skew: number): void {
  if (Math.abs(skew) <= MAX_SKEW) return;
  throw new StoreUnavailable(
    `The clock of this server is ${Math.round(skew / SECOND)} s off the database's clock. Synchronize it (NTP)`,
  );
}
