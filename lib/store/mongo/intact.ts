import type { Document } from 'mongodb';
import { StoreNotReady } from '../../errors.ts';
import { type CollectionSpec, findSpec } from './collection-specs.ts';
import { type Collections, NAMES } from './collections.ts';
import { isSameKey, readIndexes } from './read-indexes.ts';
import { createSharedReads } from './shared-reads.ts';

/** Rejects with StoreNotReady if the collection is not the one that `migrate` created. */
export type AssertIntact = () => Promise<void>;

/** The collections in which a missing document can change a decision. */
const DECIDING = ['users', 'sessions', 'clients'] as const;

/**
 * Creates the check for a lost collection, to be made after a read that found no document. The check requires the
 * indexes that `migrate` created. They are missing after the collection was dropped or renamed, even if documents were
 * written since. They are also missing during a restore, which builds indexes last. Concurrent calls share a read.
 */
export function createAssertIntact(
  collections: Collections,
  name: (typeof DECIDING)[number],
): AssertIntact {
  const spec = findSpec(NAMES[name]);
  const read = createSharedReads(() => readIndexes(collections[name]));

  return async function assertIntact() {
    const sentence = describeLoss(spec, await read([]));
    if (sentence !== undefined) throw new StoreNotReady('migrate', sentence);
  };
}

/** Describes the loss of a collection. Returns undefined if the collection is intact, or is not one of DECIDING. */
export function describeLoss(
  spec: CollectionSpec,
  present: readonly Document[],
): string | undefined {
  const { name, indexes } = spec;
  if (!DECIDING.some((each) => NAMES[each] === name)) return undefined;
  const wanted: Document[] = [{ _id: 1 }, ...indexes.map(({ key }) => key)];
  const isThere = (key: Document) => present.some((index) => isSameKey(index['key'], key));
  if (wanted.every(isThere)) return undefined;
  return (
    `${name} lacks the indexes that migrate created: it was dropped or renamed, or is being restored. ` +
    'Restore the collection, then migrate the database'
  );
}
