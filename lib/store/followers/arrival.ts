import type { Instant } from './clocks.ts';

/** Watches for acknowledged renewals that do not arrive through the feed: then the feed is stuck. */
export function createArrival() {
  let arrived = Number.NEGATIVE_INFINITY;
  let lastAnswer = Number.NEGATIVE_INFINITY;
  let missing: { readonly began: number; since: number } | undefined;

  function answered(): void {
    lastAnswer = performance.now();
  }

  return {
    /** Records that the database has just answered. */
    answered,
    /** Returns the milliseconds since the last answer of the database. */
    silence: (): number => performance.now() - lastAnswer,
    /** Records that a majority has the renewal that began at this moment. */
    acknowledged({ mono }: Instant): void {
      answered();
      if (mono > arrived) missing ??= { began: mono, since: performance.now() };
    },
    arrived({ mono }: Instant): void {
      answered();
      arrived = Math.max(arrived, mono); // a renewal that was given up may still arrive, after a later one
      if (missing !== undefined && missing.began <= mono) missing = undefined;
    },
    /** Records that an event has arrived. The feed is late, but not stuck: to open it again would only make it later. */
    progressed(): void {
      if (missing !== undefined) missing.since = performance.now();
    },
    /** Returns true if a renewal has been missing for this many milliseconds without any event. Counts anew from then on. */
    isOverdue(milliseconds: number): boolean {
      const now = performance.now();
      if (missing === undefined || now - missing.since <= milliseconds) return false;
      missing.since = now;
      return true;
    },
  };
}
