import type { Abortable, MongoClient, Timestamp, UpdateOptions } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { readAfter } from '../mongo/causal-reads.ts';
import type { Collections, FollowerDocument } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import type { Instant } from './clocks.ts';
import { orGiveUp } from './give-up.ts';

export type FollowerDocuments = ReturnType<typeof createFollowerDocuments>;

/**
 * Matches the documents of followers. On a schema before 4 the collection may be another application's, and nobody could
 * wait for what stands in it. A comparison with a number matches numbers alone.
 */
export const OF_FOLLOWERS = {
  lease: { $gte: 0 },
  renewals: { $gte: 0 },
  'began.mono': { $gte: 0 },
} as const;

/** Reads and writes `followers`. Each write waits for a majority. Throws StoreUnavailable if a command fails. */
export function createFollowerDocuments(
  client: MongoClient,
  { followers }: Pick<Collections, 'followers'>,
) {
  return {
    async insert(document: Omit<FollowerDocument, 'renewed_at'>): Promise<void> {
      // An upsert, because only an update can take the time from the database's clock.
      const { _id, ...fields } = document;
      const update = { $set: fields, $currentDate: { renewed_at: true } } as const;
      await orUnavailable(followers.updateOne({ _id }, update, { upsert: true }));
    },

    /** Returns false if there is no such document any more. */
    async renew(
      id: string,
      position: Timestamp | null,
      began: Instant,
      givenUp?: AbortSignal,
    ): Promise<boolean> {
      const update = {
        $set: { position, began },
        $inc: { renewals: 1 },
        $currentDate: { renewed_at: true },
      } as const;
      // The driver takes the signal for every command, though its types have it for reads alone.
      const options: UpdateOptions & Abortable = { signal: givenUp };
      const renewed = followers.updateOne({ _id: id }, update, options);
      const { matchedCount } = await orUnavailable(renewed);
      return matchedCount === 1;
    },

    async remove(id: string): Promise<void> {
      await orUnavailable(followers.deleteOne({ _id: id }));
    },

    /** Deletes a document that was not renewed meanwhile. Returns true if it did. */
    async removeUnchanged({
      _id,
      renewals,
    }: Pick<FollowerDocument, '_id' | 'renewals'>): Promise<boolean> {
      const { deletedCount } = await orUnavailable(followers.deleteOne({ _id, renewals }));
      return deletedCount === 1;
    },

    /**
     * Returns every document of a follower. The read sees all that a majority had at `after`. It is given up once
     * the database should have answered.
     */
    list: (after: Timestamp | undefined): Promise<FollowerDocument[]> =>
      orGiveUp(MAX_TIME, (givenUp) => listOnce(client, followers, after, givenUp), tookTooLong),
  };
}

function listOnce(
  client: MongoClient,
  followers: Collections['followers'],
  after: Timestamp | undefined,
  signal: AbortSignal,
): Promise<FollowerDocument[]> {
  return readAfter(client, after, (options) => {
    const found = followers.find(OF_FOLLOWERS, { ...options, maxTimeMS: MAX_TIME, signal });
    return orUnavailable(found.toArray());
  });
}

function tookTooLong(): Error {
  return new StoreUnavailable('A read of the followers took too long');
}
