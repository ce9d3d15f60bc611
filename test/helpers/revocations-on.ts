import type { Collections } from '../../lib/store/collections.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';

/** The revocations of one database, as createAuth makes them. */
export function revocationsOn(
  collections: Pick<Collections, 'revokedTokens' | 'sessions' | 'schema'>,
): Revocations {
  return createRevocations(collections, createSchema(collections));
}
