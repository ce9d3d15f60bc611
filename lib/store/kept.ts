import type { Collection, Document } from 'mongodb';
import { StoreNotReady } from '../errors.ts';
import { createSharedReads } from '../shared-reads.ts';
import { DAY } from '../time.ts';
import { collectionSpecs } from './collection-specs.ts';
import type { Collections } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';

/** Rejects with StoreNotReady where the collection is not the one that `migrate` made. */
export type AssertKept = () => Promise<void>;

const NAMES = ['users', 'sessions', 'clients'] as const;
const NAMESPACE_NOT_FOUND = 26;

/**
 * Makes the check behind every "there is no such document": absence counts only in a collection that is
 * there with the indexes that `migrate` made. One that was dropped, renamed, or written to anew after that
 * has none of them, and a restore builds them last. Those who ask at the same time share a read.
 */
export function createAssertKept(
  collections: Collections,
  name: (typeof NAMES)[number],
): AssertKept {
  const wanted = collectionSpecs(DAY).find((spec) => spec.name === name)?.indexes ?? [];
  const names = [{ _id: 1 }, ...wanted.map(({ key }) => key)].map(keyPattern);
  const read = createSharedReads(() => indexesOf(collections[name]));

  return async function assertKept() {
    const present = await read([]);
    if (!names.every((key) => present.has(key))) throw new StoreNotReady(lost(name));
  };
}

/** Makes the check of all collections whose absent documents decide something. */
export function createAssertAllKept(collections: Collections): AssertKept {
  const checks = NAMES.map((name) => createAssertKept(collections, name));
  return async function assertAllKept() {
    await Promise.all(checks.map((assertKept) => assertKept()));
  };
}

async function indexesOf(
  collection: Pick<Collection, 'listIndexes'>,
): Promise<ReadonlySet<string>> {
  const isMissing = (error: unknown) =>
    error instanceof Error && 'code' in error && error.code === NAMESPACE_NOT_FOUND;
  const listed = collection.listIndexes({ maxTimeMS: MAX_TIME }).toArray();
  const present = await orUnavailable(listed, isMissing).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return new Set(present.map(({ key }: Document) => keyPattern(key)));
}

/** The fields in their order, which tells indexes apart. */
function keyPattern(key: Document): string {
  return JSON.stringify(key);
}

function lost(name: string): string {
  return (
    `${name} lacks the indexes that migrate made: it was dropped, renamed, or is being restored. ` +
    'Put the collection back, then run: npm run migrate'
  );
}
