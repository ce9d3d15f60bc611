import type { Clock } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import type { Schema } from '../mongo/schema-document.ts';
import type { ProvenReads } from '../primary/primary-proof.ts';
import { createRevocationReads, type RevocationReads } from './reads.ts';
import { createRevocationWrites, type RevocationWrites } from './writes.ts';

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
