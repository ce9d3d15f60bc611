import { ChangeStream, type Db, type Document, ReadPreference, type Timestamp } from 'mongodb';
import { NAMES, PLAIN_VALUES, SENTINEL } from '../mongo/collections.ts';
import type { Instant } from './clocks.ts';

/** One change of the database, as the feed projects it. */
export interface FeedEvent {
  /** The token after which a feed can be resumed. */
  readonly _id: unknown;
  readonly operationType: string;
  readonly ns?: { readonly coll?: string };
  /** The new name of a renamed collection. */
  readonly to?: { readonly coll?: string };
  readonly documentKey?: { readonly _id: unknown };
  readonly clusterTime: Timestamp;
  /** The clocks of the own renewal; undefined for every other change. */
  readonly began?: Instant;
}

export interface FeedOptions {
  readonly followerId: string;
  /** The `_id` of the last event that was applied; undefined to begin now. */
  readonly resumeAfter: unknown;
  /** Called once the server follows from the position of the feed on. */
  readonly onOpen: () => void;
  /** Called for each event, in the order of the oplog. */
  readonly onEvent: (event: FeedEvent) => void;
  /** Called once, when the feed has failed. */
  readonly onFailure: (error: unknown) => void;
}

/** The comment of the commands of a feed, by which an operator tells them from others. */
export const FEED_COMMENT = 'rescind: follower';

/** Milliseconds that the server waits for an event before it returns an empty batch. */
const MAX_AWAIT = 500;

/**
 * The most events in a batch. A batch of the default size, up to 16 MB, holds 50,000 changes that came at once: it may take
 * longer than a lease, and the loop that applies it stops everything else.
 */
const MOST_EVENTS = 1_000;

/** The collections whose documents are remembered. */
export const FOLLOWED: readonly string[] = [NAMES.revokedTokens, NAMES.users, NAMES.clients];

/**
 * Opens a change stream on the database. Returns a function that closes it: afterwards nothing is called any more, even
 * if a command is still under way, which the driver would wait for.
 */
export function openFeed(db: Db, options: FeedOptions): () => void {
  const { followerId, resumeAfter, onOpen, onEvent, onFailure } = options;
  const stream = db.watch<Document, FeedEvent & Document>(feedPipeline(followerId), {
    readPreference: ReadPreference.primary,
    readConcern: { level: 'majority' },
    maxAwaitTimeMS: MAX_AWAIT,
    batchSize: MOST_EVENTS,
    comment: FEED_COMMENT,
    ...PLAIN_VALUES,
    ...(resumeAfter !== undefined && { resumeAfter }),
  });
  let isClosed = false;
  stream.once(ChangeStream.RESUME_TOKEN_CHANGED, () => isClosed || onOpen());

  function close(): void {
    isClosed = true;
    stream.close().catch(() => undefined); // what fails here has ended already
  }

  async function read(): Promise<void> {
    for (;;) {
      const event = await stream.tryNext();
      if (isClosed) return;
      if (event !== null) onEvent(event);
    }
  }

  read().catch((error: unknown) => {
    if (isClosed) return;
    close();
    onFailure(error);
  });
  return close;
}

/**
 * Returns the pipeline of a feed: each change that can make something remembered wrong, and the follower's own document.
 * Deletions in `revoked_tokens` are left out, since they never make a token valid again; except for the sentinel's.
 */
function feedPipeline(followerId: string): Document[] {
  const $or = [
    { 'ns.coll': NAMES.revokedTokens, operationType: { $ne: 'delete' } },
    { 'ns.coll': NAMES.revokedTokens, 'documentKey._id': SENTINEL },
    { 'ns.coll': { $in: [NAMES.users, NAMES.clients] } },
    { 'ns.coll': NAMES.followers, 'documentKey._id': followerId },
    { 'ns.coll': NAMES.followers, operationType: { $in: ['drop', 'rename'] } },
    { 'to.coll': { $in: [...FOLLOWED, NAMES.followers] } },
    { operationType: { $in: ['dropDatabase', 'invalidate'] } },
  ];
  const $ifNull = ['$fullDocument.began', '$updateDescription.updatedFields.began'];
  const $project = {
    operationType: 1,
    ns: 1,
    to: 1,
    documentKey: 1,
    clusterTime: 1,
    // only for the own document: the projection of others stays small
    began: { $cond: [{ $eq: ['$ns.coll', NAMES.followers] }, { $ifNull }, '$$REMOVE'] },
  };
  return [{ $match: { $or } }, { $project }];
}
