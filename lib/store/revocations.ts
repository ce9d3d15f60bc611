import type { Clock } from '../time.ts';
import type { Collections } from './collections.ts';
import type { ProvenReads } from './primary-proof.ts';
import { createRevocationReads, type RevocationReads } from './revocation-reads.ts';
import { createRevocationWrites, type RevocationWrites } from './revocation-writes.ts';
import type { Schema } from './schema.ts';

export interface Revocations extends RevocationReads, RevocationWrites {}

/** Reads and writes `revoked_tokens`, the single source of truth for revocations. */
export function createRevocations(
  collections: Pick<Collections, 'revokedTokens' | 'sessions'>,
  schema: Schema,
  clock: Clock = Date.now,
  primary?: ProvenReads,
): Revocations {
  const reads = createRevocationReads(collections, schema, primary);
  return { ...reads, ...createRevocationWrites(collections, reads, clock, primary) };
}
