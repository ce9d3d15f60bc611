import { Binary } from 'mongodb';

/** The kinds of entries that the statistics count. */
export const ENTRY_KINDS = ['token', 'session', 'key', 'user'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Returns the range of `_id`s of one kind. The `_id`s of tokens are binary data, which MongoDB sorts byte by byte. */
export function toIdRange(kind: EntryKind | 'client'): {
  $gte: Binary | string;
  $lte: Binary | string;
} {
  if (kind !== 'token') return { $gte: `${kind}:`, $lte: `${kind};` }; // ";" is the character after ":"
  const filled = (byte: number) => new Binary(Buffer.alloc(SHA256_BYTES, byte));
  return { $gte: filled(0), $lte: filled(0xff) };
}

const SHA256_BYTES = 32;
