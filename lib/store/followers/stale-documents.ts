import type { FollowerDocument } from '../mongo/collections.ts';
import type { FollowerDocuments } from './documents.ts';

export type StaleDocuments = ReturnType<typeof createStaleDocuments>;

/** The multiple of a lease after which the lease has ended, even if the follower's clocks run slower by a tenth. */
export const CLOCK_RATES = 1.1;

/** The longest time between two reads of a document, in leases. After it the document counts as seen for the first time. */
const MOST_BETWEEN = 1 / 3;

/** A document that several reads in a row have found with the same number of renewals. Times are monotonic. */
interface Seen {
  readonly renewals: number;
  /** The end of the first of these reads. */
  readonly since: number;
  /** The end of the last of these reads. */
  readonly last: number;
}

/**
 * Deletes the documents of followers that are gone: those that were not renewed for 1.1 of their own lease. The time
 * counts only while reads succeed. The deletion has the number of renewals in its filter, so a renewal in the meantime
 * keeps the document.
 */
export function createStaleDocuments(documents: Pick<FollowerDocuments, 'removeUnchanged'>) {
  let seen: ReadonlyMap<string, Seen> = new Map();

  function observeOne({ _id, renewals, lease }: FollowerDocument, began: number): Seen {
    const last = performance.now();
    const known = seen.get(_id);
    const isSame = known?.renewals === renewals && began - known.last <= lease * MOST_BETWEEN;
    if (!isSame) return { renewals, since: last, last };
    const isStale = began - known.since > lease * CLOCK_RATES;
    // A failed deletion is not reported: the next read tries again.
    if (isStale) documents.removeUnchanged({ _id, renewals }).catch(() => undefined);
    return { ...known, last };
  }

  return {
    /** Records what a read found that began at `began`, in milliseconds of the monotonic clock. */
    observe(found: readonly FollowerDocument[], began: number): void {
      seen = new Map(found.map((document) => [document._id, observeOne(document, began)]));
    },
  };
}
