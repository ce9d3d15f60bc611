import type { Clock } from '../../time.ts';
import type { FollowedReader } from '../followers/followed-reader.ts';
import type { Collections } from '../mongo/collections.ts';
import type { Schema } from '../mongo/schema-document.ts';
import type { StrictReader } from '../mongo/strict-reads.ts';
import { createRevocationReads } from './reads.ts';
import { createRevocationWrites } from './writes.ts';

export type Revocations = ReturnType<typeof createRevocations>;

/** Reads and writes `revoked_tokens`, the single source of truth for revocations. */
export function createRevocations(
  collections: Pick<Collections, 'revokedTokens' | 'sessions'>,
  schema: Schema,
  clock: Clock = Date.now,
  strictReads?: StrictReader,
  followers?: FollowedReader,
) {
  const reads = createRevocationReads(collections, schema, strictReads, followers);
  // biome-ignore lint/nursery/noMisusedPromises: false positive, the spread object is no promise
  return { ...reads, ...createRevocationWrites(collections, reads, clock, strictReads) };
}
