import { withTimeout } from '../../time.ts';
import { NAMES } from '../mongo/collections.ts';
import { createArrival } from './arrival.ts';
import { readClocks } from './clocks.ts';
import type { FeedEvent } from './feed.ts';
import type { Lease } from './lease.ts';
import { createOnce } from './once.ts';
import { createOwnWrites, type OwnWritesOptions } from './own-writes.ts';

export interface OwnDocumentOptions extends OwnWritesOptions {
  readonly lease: Lease;
  /** Called when a renewal has arrived through the feed, with the milliseconds since it was sent. */
  readonly onRenewed: (feedLag: number) => void;
  /** Called when the document was deleted. */
  readonly onDeleted: () => void;
}

export type OwnDocument = ReturnType<typeof createOwnDocument>;

/** Follows the own document in the feed: what arrives of it extends the lease, and its deletion is the end. */
export function createOwnDocument(options: OwnDocumentOptions) {
  const { id, lease, duration, onRenewed, onDeleted } = options;
  const writes = createOwnWrites(options);
  const arrival = createArrival();
  const inserted = createOnce<void>();

  return {
    /** Inserts the document. Rejects if the insert does not arrive through the feed within a lease. */
    async insert(signal: AbortSignal): Promise<void> {
      const began = readClocks();
      const written = writes.insert(began).then(arrival.answered);
      await withTimeout(duration, Promise.all([written, inserted.value]), notInTime, signal);
    },
    remove: writes.remove,

    isOwn: ({ ns, documentKey }: FeedEvent): boolean =>
      ns?.coll === NAMES.followers && documentKey?._id === id,

    apply({ operationType, began }: FeedEvent): void {
      if (operationType === 'delete') onDeleted();
      if (began === undefined) return;
      arrival.arrived(began);
      lease.extend(began, duration);
      onRenewed(performance.now() - began.mono);
      inserted.resolve();
    },

    /** Records that a majority has a renewal, which now has to arrive. */
    acknowledged: arrival.acknowledged,
    /** Records that an event of another document has arrived. */
    progressed: arrival.progressed,
    /** Returns true if a renewal has not arrived, nor any other event, for a lease after its acknowledgement. */
    isOverdue: (): boolean => arrival.isOverdue(duration),
    /**
     * Returns true if the document has to be deleted: it may come, or the database has answered within two leases. One would
     * be too few: an insert that does not arrive was answered almost a lease before it is given up.
     */
    isRemovable: (): boolean => writes.isInserting() || arrival.silence() < 2 * duration,
  };
}

function notInTime(): Error {
  return new Error('The insert of the document did not arrive in the feed within a lease');
}
