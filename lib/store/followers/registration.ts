import { randomUUID } from 'node:crypto';
import type { Db, Timestamp } from 'mongodb';
import { SECOND, withTimeout } from '../../time.ts';
import { applyChange } from './changes.ts';
import type { FollowerDocuments } from './documents.ts';
import type { Lease } from './lease.ts';
import { createOnce } from './once.ts';
import { createOwnDocument, type OwnDocument } from './own-document.ts';
import { createRenewals } from './renewals.ts';
import { createResumingFeed } from './resuming-feed.ts';
import type { Versions } from './versions.ts';

export interface RegistrationDeps {
  readonly db: Db;
  readonly documents: FollowerDocuments;
  readonly versions: Versions;
  readonly lease: Lease;
  /** The length of the lease in milliseconds. */
  readonly duration: number;
  /** Returns the fewest milliseconds between the starts of two renewals. */
  readonly gap: () => number;
  /** The version of this package, for people. */
  readonly version: string;
  /** Called when the own insert has arrived through the feed. */
  readonly onRegistered: (registration: Registration) => void;
  /** Called after each event that was applied. */
  readonly onApplied: () => void;
  /** Called when an own renewal has arrived through the feed, with the milliseconds since it was sent. */
  readonly onRenewed: (feedLag: number) => void;
  /** Called for each fault after which the registration goes on. */
  readonly onTrouble: (error: unknown) => void;
}

export interface Registration {
  readonly id: string;
  /** Returns the cluster time of the last event that was applied. It is defined once the insert has arrived. */
  position(): Timestamp | undefined;
}

/** The reason with which `stopping` aborts if the client was closed: any command would open it again. */
export const CLIENT_CLOSED = 'its client was closed';

const GONE = 'The document of this server in followers was deleted';
const DROPPED = 'The database was dropped';

/** Ends a registration, with the reason. */
type End = (reason: unknown) => void;

/**
 * Follows under a new id until the registration is over, or `stopping` aborts. Resolves or rejects with the reason.
 * Everything that was remembered is out of date then, and the document is deleted.
 */
export async function followOnce(deps: RegistrationDeps, stopping: AbortSignal): Promise<unknown> {
  const { versions, lease } = deps;
  if (stopping.aborted) return stopping.reason;
  const id = randomUUID();
  const over = createOnce<unknown>();
  const onStop = () => over.resolve(stopping.reason);
  stopping.addEventListener('abort', onStop);
  const own = createOwnDocument({ ...deps, id, onDeleted: () => over.resolve(GONE) });
  const following = openFollowing(deps, id, own, over.resolve);
  try {
    await Promise.race([over.value, following.register()]);
    return await over.value;
  } finally {
    stopping.removeEventListener('abort', onStop);
    lease.end();
    versions.changeEverything();
    following.close();
    const isRemovable = own.isRemovable() && stopping.reason !== CLIENT_CLOSED;
    if (isRemovable) await removeSoon(own); // else whoever revokes deletes it
  }
}

/** Opens the feed, and prepares the renewals of the document. */
function openFollowing(deps: RegistrationDeps, id: string, own: OwnDocument, end: End) {
  const opened = createOnce<void>();
  const feed = createResumingFeed(deps.db, {
    followerId: id,
    onOpen: opened.resolve,
    apply(event) {
      if (own.isOwn(event)) own.apply(event);
      else applyChange(deps.versions, event);
      own.progressed();
      if (event.operationType === 'invalidate') end(DROPPED);
    },
    onApplied(event) {
      if (!own.isOwn(event)) renewals.changed();
      deps.onApplied();
    },
    onInterruption: deps.onTrouble,
    onLost: end,
  });
  const renewals = createRenewals({
    ...deps,
    id,
    position: feed.position,
    onAcknowledged: own.acknowledged,
    onFailure: deps.onTrouble,
    onGone: () => end(GONE),
  });
  const stopWatching = watchArrivals(own, feed, deps.duration);
  const closing = new AbortController();

  return {
    /** Inserts the document once the feed is open, and renews it from when the insert has arrived. */
    async register(): Promise<void> {
      await withTimeout(OPEN_TIMEOUT, opened.value, notOpened, closing.signal);
      await own.insert(closing.signal);
      if (closing.signal.aborted) return;
      deps.onRegistered({ id, position: feed.position });
      renewals.start();
    },
    close(): void {
      closing.abort();
      stopWatching();
      renewals.stop();
      feed.close();
    },
  };
}

/** Milliseconds after which a feed that does not open is given up. The driver may wait for its answer for ever. */
const OPEN_TIMEOUT = 5 * SECOND;

function notOpened(): Error {
  return new Error('The feed did not open in time');
}

/** The parts of a lease after which a watchdog looks for renewals that do not arrive. */
const WATCHES = 10;

/** Resumes the feed when an acknowledged renewal does not arrive within a lease. Returns a function that ends this. */
function watchArrivals(
  own: Pick<OwnDocument, 'isOverdue'>,
  feed: { resume(error: unknown): void },
  duration: number,
): () => void {
  const timer = setInterval(() => {
    if (own.isOverdue()) feed.resume(new Error('A renewal did not arrive in the feed'));
  }, duration / WATCHES).unref();
  return () => clearInterval(timer);
}

/** Deletes the document, so that nobody waits for it. Gives up after a second. */
async function removeSoon(own: OwnDocument): Promise<void> {
  const late = () => new Error('The document was not deleted in time');
  await withTimeout(SECOND, own.remove(), late).catch(() => undefined);
}
