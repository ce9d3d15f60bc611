import type { Document } from 'mongodb';
import { StoreNotReady } from '../errors.ts';
import { createSharedReads } from '../shared-reads.ts';
import { DAY } from '../time.ts';
import { type CollectionSpec, collectionSpecs } from './collection-specs.ts';
import type { Collections } from './collections.ts';
import { isSameKey, readIndexes } from './read-indexes.ts';

/** Rejects with StoreNotReady where the collection is not the one that `migrate` made. */
export type AssertKept = () => Promise<void>;

/** The collections whose absent documents decide something. */
const DECIDING = ['users', 'sessions', 'clients'] as const;

/**
 * Makes the check behind every "there is no such document": absence counts only in a collection that is
 * there with the indexes that `migrate` made. One that was dropped, renamed, or written to anew after that
 * has none of them, and a restore builds them last. Those who ask at the same time share a read.
 */
export function createAssertKept(
  collections: Collections,
  name: (typeof DECIDING)[number],
): AssertKept {
  const spec = collectionSpecs(DAY).find((each) => each.name === name);
  const read = createSharedReads(() => readIndexes(collections[name]));

  return async function assertKept() {
    const sentence = spec && lossOf(spec, await read([]));
    if (sentence !== undefined) throw new StoreNotReady(sentence);
  };
}

/** Says that a collection was lost, and what to do; undefined where it is kept, or nothing is decided by it. */
export function lossOf(spec: CollectionSpec, present: readonly Document[]): string | undefined {
  const { name, indexes } = spec;
  if (!DECIDING.some((each) => each === name)) return undefined;
  const wanted: Document[] = [{ _id: 1 }, ...indexes.map(({ key }) => key)];
  const isThere = (key: Document) => present.some((index) => isSameKey(index['key'], key));
  if (wanted.every(isThere)) return undefined;
  return (
    `${name} lacks the indexes that migrate made: it was dropped, renamed, or is being restored. ` +
    'Put the collection back, then run: npm run migrate'
  );
}
