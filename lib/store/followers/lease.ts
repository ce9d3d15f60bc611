import { type Instant, type ReadClocks, readClocks } from './clocks.ts';

export type Lease = ReturnType<typeof createLease>;

const NEVER: Instant = { wall: Number.NEGATIVE_INFINITY, mono: Number.NEGATIVE_INFINITY };

/**
 * The time for which this server may act on what it remembers. It counts from the moment before a renewal was sent, and
 * is extended only when that renewal has come back through the feed: by then every change that was acknowledged before
 * that moment has been applied. It ends as soon as either clock says so, because the monotonic clock stands still while
 * a machine sleeps, and the wall clock can be set back.
 */
export function createLease(clocks: ReadClocks = readClocks) {
  let began = NEVER;
  let duration = 0;

  return {
    /** Extends the lease to `milliseconds` after the renewal began. A renewal older than the last one changes nothing. */
    extend(renewal: Instant, milliseconds: number): void {
      if (renewal.mono <= began.mono) return;
      began = renewal;
      duration = milliseconds;
    },

    /** Returns the milliseconds that are left; 0 or less if the lease does not hold. */
    left(): number {
      const now = clocks();
      return duration - Math.max(now.mono - began.mono, now.wall - began.wall);
    },

    /** Ends the lease at once. Only a later renewal can extend it. */
    end(): void {
      began = { ...began, wall: Number.NEGATIVE_INFINITY };
    },
  };
}
