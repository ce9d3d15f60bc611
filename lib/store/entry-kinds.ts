import { Binary } from 'mongodb';

/** The kinds of which there are many entries. */
export const ENTRY_KINDS = ['token', 'session', 'key', 'user'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Between which `_id`s the entries of a kind are: MongoDB puts binary data of one length in the order of its bytes. */
export function idsOf(kind: EntryKind): { $gte: Binary | string; $lte: Binary | string } {
  if (kind !== 'token') return { $gte: `${kind}:`, $lte: `${kind};` }; // ";" comes after ":"
  const filled = (byte: number) => new Binary(Buffer.alloc(SHA256_BYTES, byte));
  return { $gte: filled(0), $lte: filled(0xff) };
}

const SHA256_BYTES = 32;
