import { hostname } from 'node:os';
import { withTimeout } from '../../time.ts';
import { NAMES } from '../mongo/collections.ts';
import { createArrival } from './arrival.ts';
import { readClocks } from './clocks.ts';
import type { FollowerDocuments } from './documents.ts';
import type { FeedEvent } from './feed.ts';
import type { Lease } from './lease.ts';

export interface OwnDocumentOptions {
  readonly id: string;
  readonly documents: Pick<FollowerDocuments, 'insert'>;
  readonly lease: Lease;
  /** The length of the lease in milliseconds. Those who revoke read it in the document. */
  readonly duration: number;
  /** The version of this package, for people. */
  readonly version: string;
  /** Called when a renewal has arrived through the feed, with the milliseconds since it was sent. */
  readonly onRenewed: (feedLag: number) => void;
  /** Called when the document was deleted. */
  readonly onDeleted: () => void;
}

export type OwnDocument = ReturnType<typeof createOwnDocument>;

/** Follows the own document in the feed: what arrives of it extends the lease, and its deletion is the end. */
export function createOwnDocument(options: OwnDocumentOptions) {
  const { id, documents, lease, duration, version, onRenewed, onDeleted } = options;
  const arrival = createArrival();
  let setInserted = () => {};
  const inserted = new Promise<void>((resolve) => {
    setInserted = resolve;
  });

  return {
    /** Inserts the document. Rejects if the insert does not arrive through the feed within a lease. */
    async insert(): Promise<void> {
      const began = readClocks();
      const host = hostname();
      const document = {
        _id: id,
        lease: duration,
        position: null,
        began,
        renewals: 1,
        host,
        version,
      };
      const written = documents.insert(document);
      await withTimeout(duration, Promise.all([written, inserted]), notInTime);
    },

    isOwn: ({ ns, documentKey }: FeedEvent): boolean =>
      ns?.coll === NAMES.followers && documentKey?._id === id,

    apply({ operationType, began }: FeedEvent): void {
      if (operationType === 'delete') onDeleted();
      if (began === undefined) return;
      arrival.arrived(began);
      lease.extend(began, duration);
      onRenewed(performance.now() - began.mono);
      setInserted();
    },

    /** Records that a majority has a renewal, which now has to arrive. */
    acknowledged: arrival.acknowledged,
    /** Returns true if a renewal has not arrived for a lease after its acknowledgement. */
    isOverdue: (): boolean => arrival.isOverdue(duration),
    /** Returns true if a renewal of the last lease has arrived: the database can be reached. */
    isFresh: (): boolean => arrival.age() < duration,
  };
}

function notInTime(): Error {
  return new Error('The insert of the document did not arrive in the feed within a lease');
}
