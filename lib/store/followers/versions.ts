import { Binary } from 'mongodb';

/** The number of slots: two changes that share a slot cost one more read, and nothing else. */
const SLOTS = 65_536;

export type Versions = ReturnType<typeof createVersions>;

/** Numbers the changes that the feed brings, and remembers the last number of each slot of documents. */
export function createVersions() {
  const changed = new Float64Array(SLOTS);
  let last = 0;
  let everything = 0;

  return {
    /** Returns the number of the last change. What a read finds is as old as the number when the read began. */
    last: (): number => last,

    change(slot: string): void {
      changed[slot.charCodeAt(0)] = ++last;
    },

    /** Makes everything that was read so far out of date. */
    changeEverything(): void {
      everything = ++last;
    },

    /** Returns true if nothing in these slots has changed since the read that began at this number. */
    isUnchanged(slots: string, version: number): boolean {
      if (everything > version) return false;
      for (let index = 0; index < slots.length; index++) {
        if ((changed[slots.charCodeAt(index)] as number) > version) return false;
      }
      return true;
    },
  };
}

/**
 * Returns the slot of a document: one UTF-16 code unit, so that the slots of a token are a text, which takes a third of the
 * memory of an array. Hashes the name of the collection and the `_id` by FNV-1a, and folds the result.
 */
export function toSlot(collection: string, id: Binary | string): string {
  const key = typeof id === 'string' ? id : id.toString('base64');
  const hash = fnv1a(key, fnv1a(collection));
  return String.fromCharCode((hash ^ (hash >>> 16)) & (SLOTS - 1));
}

function fnv1a(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Returns true for an `_id` that has a slot. Other types are in no collection that `migrate` created. */
export function hasSlot(id: unknown): id is Binary | string {
  return typeof id === 'string' || id instanceof Binary;
}
