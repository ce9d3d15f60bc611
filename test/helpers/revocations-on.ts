import type { Collections } from '../../lib/store/collections.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';

/** Opens the revocations of a database, as createAuth does. */
export function revocationsOn(
  collections: Pick<Collections, 'revokedTokens' | 'sessions' | 'schema'>,
): Revocations {
  return createRevocations(collections, createSchema(collections));
}
