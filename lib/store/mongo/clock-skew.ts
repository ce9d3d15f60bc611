import type { Db } from 'mongodb';
import { StoreNotReady, StoreUnavailable } from '../../errors.ts';
import { type Clock, MINUTE, SECOND } from '../../time.ts';
import { orUnavailable } from './database.ts';
import { watchReach } from './why-unreachable.ts';

export type ClockSkew = ReturnType<typeof createClockSkew>;

/** The largest allowed skew between the clocks of this process and of the database, in milliseconds. */
export const MAX_SKEW = 5 * MINUTE;

const INTERVAL = 30 * SECOND;

/** Measures the skew between the clocks of this process and of the database every 30 seconds. */
export function createClockSkew(db: Db, clock: Clock) {
  const reach = watchReach(db.client);
  let skew: number | undefined;

  function explain(error: unknown): never {
    const reason = error instanceof StoreNotReady ? undefined : reach.why();
    if (reason === undefined || !(error instanceof StoreUnavailable)) throw error;
    throw new StoreUnavailable(reason, error.cause);
  }

  /** Measures the skew and returns it in milliseconds. The skew is positive if the clock of this process is ahead. */
  async function measure(): Promise<number> {
    const sent = clock();
    const { localTime } = await orUnavailable(db.command({ hello: 1 })).catch(explain);
    const received = clock();
    if (!(localTime instanceof Date)) throw new StoreUnavailable('The database returned no time');
    const measured = (sent + received) / 2 - localTime.getTime();
    skew = measured;
    return measured;
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
    /** Returns true if a skew was measured, and the last one is at most 5 minutes. */
    isBearable: (): boolean => skew !== undefined && Math.abs(skew) <= MAX_SKEW,
    /**
     * Throws StoreUnavailable if the last measured skew is over 5 minutes, because `exp` and `iat` would be
     * meaningless. Measures the skew first if the skew is unknown.
     */
    assertBearable: async (): Promise<void> => assertBearable(skew ?? (await measure())),
    /** Throws StoreUnavailable if the clock of this process is over 5 minutes off this time of the database's clock. */
    assertNear: (databaseTime: Date): void => assertBearable(clock() - databaseTime.getTime()),
  };
}

function assertBearable(skew: number): void {
  if (Math.abs(skew) <= MAX_SKEW) return;
  throw new StoreUnavailable(
    `The clock of this server is ${Math.round(skew / SECOND)} s off the database's clock. Synchronize it (NTP)`,
  );
}
