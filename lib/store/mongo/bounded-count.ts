import type { Collection, Document, Filter } from 'mongodb';
import { SECOND } from '../../time.ts';
import { orUnavailable } from './database.ts';

/** A number of documents. It is exact, or a lower bound if counting was stopped. */
export interface BoundedCount {
  readonly count: number;
  readonly isLowerBound: boolean;
}

/** The number at which counting stops. */
const MOST_COUNTED = 250_000;

/** The timeout of a count, in milliseconds. */
const COUNT_TIME = SECOND;

const MAX_TIME_EXPIRED = 50;

/** Counts documents up to a limit of 250,000. If the count takes over a second, returns 0 as a lower bound. */
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
