import type { Collections } from '../../lib/store/mongo/collections.ts';
import { createSchema } from '../../lib/store/mongo/schema-document.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations/revocations.ts';

/** Opens the revocations of a database, as createAuth does. */
export function revocationsOn(
  collections: Pick<Collections, 'revokedTokens' | 'sessions' | 'schema'>,
): Revocations {
  return createRevocations(collections, createSchema(collections));
}
