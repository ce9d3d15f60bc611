import { isDeepStrictEqual } from 'node:util';
import type { Collection, Document } from 'mongodb';
import { MAX_TIME, orUnavailable } from './database.ts';

const NAMESPACE_NOT_FOUND = 26;

/** Returns the indexes of a collection; none if it does not exist. Throws StoreUnavailable if the read fails. */
export async function readIndexes(
  collection: Pick<Collection, 'listIndexes'>,
): Promise<readonly Document[]> {
  const listed = collection.listIndexes({ maxTimeMS: MAX_TIME }).toArray();
  const known = listed.catch((error: unknown) => {
    const isAbsent =
      error instanceof Error && 'code' in error && error.code === NAMESPACE_NOT_FOUND;
    if (isAbsent) return [];
    throw error;
  });
  return orUnavailable(known);
}

/** Returns true if two indexes have the same fields and directions, in the same order. */
export function isSameKey(one: Document, other: Document): boolean {
  return isDeepStrictEqual(Object.entries(one), Object.entries(other));
}
