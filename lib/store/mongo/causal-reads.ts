import type { ClientSession, MongoClient, Timestamp } from 'mongodb';
import { orUnavailable } from './database.ts';

/** The options of a read that sees all that a majority had at a certain cluster time. */
export interface CausalReadOptions {
  readonly session: ClientSession;
  readonly readConcern: { readonly level: 'majority' };
}

/**
 * Reads at `majority` with `afterClusterTime`. The session is new and knows this time alone, so that the read waits for
 * nothing else.
 */
export async function readAfter<Found>(
  client: MongoClient,
  after: Timestamp | undefined,
  read: (options: CausalReadOptions) => Promise<Found>,
): Promise<Found> {
  const session = client.startSession({ causalConsistency: true });
  try {
    if (after !== undefined) session.advanceOperationTime(after);
    return await read({ session, readConcern: { level: 'majority' } });
  } finally {
    await session.endSession();
  }
}

/** A write that a majority has acknowledged. */
export interface Acknowledged {
  /** The cluster time at or before which the write is in the oplog; undefined on a standalone. */
  readonly time: Timestamp | undefined;
  /** The moment of the acknowledgement, in milliseconds of the monotonic clock. */
  readonly at: number;
}

/** Writes in a session of its own, and returns the cluster time of the write with its result. */
export async function writeTimed<Result>(
  client: MongoClient,
  write: (session: ClientSession) => Promise<Result>,
  expected?: (error: unknown) => boolean,
): Promise<Acknowledged & { readonly result: Result }> {
  const session = client.startSession({ causalConsistency: true });
  try {
    const result = await orUnavailable(write(session), expected);
    return { result, time: session.operationTime, at: performance.now() };
  } finally {
    await session.endSession();
  }
}
