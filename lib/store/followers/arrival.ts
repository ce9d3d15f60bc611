import type { Instant } from './clocks.ts';

/** The most by which the patience with a feed grows that brings nothing. */
const MOST_PATIENCE = 8;

/** Watches for acknowledged renewals that do not arrive through the feed: then the feed is stuck. */
export function createArrival(readTime = () => performance.now()) {
  let arrived = Number.NEGATIVE_INFINITY;
  let lastAnswer = Number.NEGATIVE_INFINITY;
  let patience = 1;
  let missing: { readonly began: number; since: number } | undefined;

  function answered(): void {
    lastAnswer = readTime();
  }

  return {
    /** Records that the database has just answered. */
    answered,
    /** Returns the milliseconds since the last answer of the database. */
    silence: (): number => readTime() - lastAnswer,
    /** Records that a majority has the renewal that began at this moment. */
    acknowledged({ mono }: Instant): void {
      answered();
      if (mono > arrived) missing ??= { began: mono, since: readTime() };
    },
    arrived({ mono }: Instant): void {
      answered();
      patience = 1;
      arrived = Math.max(arrived, mono); // a renewal that was given up may still arrive, after a later one
      if (missing !== undefined && missing.began <= mono) missing = undefined;
    },
    /** Records that an event has arrived. The feed is late, but not stuck: to open it again would only make it later. */
    progressed(): void {
      patience = 1;
      if (missing !== undefined) missing.since = readTime();
    },
    /**
     * Returns true if a renewal has been missing for this many milliseconds without any event. Counts anew from then on,
     * each time twice as long: the database may be reading past 50,000 deletions, of which the feed brings none, and would
     * begin again each time the feed is opened.
     */
    isOverdue(milliseconds: number): boolean {
      const now = readTime();
      if (missing === undefined || now - missing.since <= milliseconds * patience) return false;
      missing.since = now;
      patience = Math.min(2 * patience, MOST_PATIENCE);
      return true;
    },
  };
}
