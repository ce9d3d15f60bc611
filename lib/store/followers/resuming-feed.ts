import { type Db, MongoServerError, type Timestamp } from 'mongodb';
import { TRANSIENT_CODES } from '../mongo/transient-codes.ts';
import { type FeedEvent, openFeed } from './feed.ts';

export interface ResumingFeedOptions {
  readonly followerId: string;
  readonly onOpen: () => void;
  /** Applies an event. The position moves to the event after this call. */
  readonly apply: (event: FeedEvent) => void;
  /** Called after the position has moved to the event. */
  readonly onApplied: (event: FeedEvent) => void;
  /** Called when the feed was interrupted. It resumes by itself. */
  readonly onInterruption: (error: unknown) => void;
  /** Called once, when the feed cannot be resumed without a gap. */
  readonly onLost: (error: unknown) => void;
}

/** Milliseconds between the failure of a feed and its resumption. */
const RESUME_AFTER = 50;

/** The label of the errors after which a feed can be resumed at the same point. */
const RESUMABLE = 'ResumableChangeStreamError';

/**
 * Keeps a feed open. After an interruption it is resumed after the last event that was *applied*: the driver's own token
 * may be ahead of it. The position moves once an event has been applied, to the cluster time of that event.
 */
export function createResumingFeed(db: Db, options: ResumingFeedOptions) {
  const { followerId, onOpen, apply, onApplied, onInterruption, onLost } = options;
  let last: FeedEvent | undefined;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let closeFeed = open();

  function open(): () => void {
    return openFeed(db, { followerId, resumeAfter: last?._id, onOpen, onEvent, onFailure });
  }

  function onEvent(event: FeedEvent): void {
    apply(event);
    last = event;
    onApplied(event);
  }

  function onFailure(error: unknown): void {
    if (last === undefined || isLost(error)) {
      close();
      onLost(error);
    } else resume(error);
  }

  function resume(error: unknown): void {
    closeFeed();
    onInterruption(error);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isOver) closeFeed = open();
    }, RESUME_AFTER);
  }

  function close(): void {
    isOver = true;
    clearTimeout(timer);
    closeFeed();
  }

  return {
    /** Returns the cluster time of the last event that was applied; undefined before the first one. */
    position: (): Timestamp | undefined => last?.clusterTime,
    /** Closes the feed and opens it again after the last applied event, e.g. because no event arrives any more. */
    resume,
    close,
  };
}

/**
 * Codes of errors after which the feed is opened again at the same point. The server does not mark them when a feed is
 * opened. Beside those of other commands: a cursor that is gone (43), and answers of a shard that is moving.
 */
const TRANSIENT: ReadonlySet<number> = new Set([...TRANSIENT_CODES, 43, 63, 133, 150, 234, 13388]);

/**
 * Returns true if the feed cannot go on where it was: the oplog no longer has the point (286, 280), an event was too
 * large, or the server refuses the feed.
 */
function isLost(error: unknown): boolean {
  if (!(error instanceof MongoServerError)) return false;
  return !error.hasErrorLabel(RESUMABLE) && !TRANSIENT.has(Number(error.code));
}
