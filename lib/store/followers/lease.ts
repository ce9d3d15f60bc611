import type { Instant } from './clocks.ts';

export type Lease = ReturnType<typeof createLease>;

const NEVER: Instant = { wall: Number.NEGATIVE_INFINITY, mono: Number.NEGATIVE_INFINITY };

/**
 * The time for which this server may act on what it remembers. It counts from the moment before a renewal was sent, and
 * is extended only when that renewal has come back through the feed: by then every change that was acknowledged before
 * that moment has been applied. It ends as soon as either clock says so, because the monotonic clock stands still while
 * a machine sleeps, and the wall clock can be set back.
 */
export function createLease() {
  let began = NEVER;
  let duration = 0;

  return {
    /** Extends the lease to `milliseconds` after the renewal began. A renewal older than the last one changes nothing. */
    extend(renewal: Instant, milliseconds: number): void {
      if (renewal.mono <= began.mono) return;
      began = renewal;
      duration = milliseconds;
    },

    /** Returns the milliseconds that are left at this moment; 0 or less if the lease does not hold. */
    left(wall = Date.now(), mono = performance.now()): number {
      return duration - Math.max(mono - began.mono, wall - began.wall);
    },

    /** Ends the lease at once. Only a later renewal can extend it. */
    end(): void {
      began = { ...began, wall: Number.NEGATIVE_INFINITY };
    },
  };
}
