import type { Collection, Document, Filter } from 'mongodb';
import { SECOND } from '../time.ts';
import { orUnavailable } from './database.ts';

/** How many there are: so many, or at least so many where counting was stopped. */
export interface BoundedCount {
  readonly count: number;
  readonly isLowerBound: boolean;
}

/** Where counting stops: what comes on top would tell nobody more. */
const MOST_COUNTED = 250_000;

/** How long counting may take, in milliseconds. */
const COUNT_TIME = SECOND;

const MAX_TIME_EXPIRED = 50;

/** Counts the documents, up to 250,000 of them or for a second; after a second nothing is known, and it is 0 at least. */
export async function countUpTo<T extends Document>(
  collection: Collection<T>,
  filter: Document,
  most = MOST_COUNTED,
): Promise<BoundedCount> {
  const counting = collection.countDocuments(filter as Filter<T>, {
    limit: most,
    maxTimeMS: COUNT_TIME,
  });
  try {
    const count = await orUnavailable(counting, isOutOfTime);
    return { count, isLowerBound: count >= most };
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    return { count: 0, isLowerBound: true };
  }
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === MAX_TIME_EXPIRED;
}
