/** One moment by both clocks of this process, in milliseconds. */
export interface Instant {
  /** The time since 1970. It also counts while the machine sleeps. */
  readonly wall: number;
  /** The time of the monotonic clock, which nobody can set. */
  readonly mono: number;
}

/** Reads both clocks. */
export const readClocks = (): Instant => ({ wall: Date.now(), mono: performance.now() });
