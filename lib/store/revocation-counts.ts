import { type BoundedCount, countUpTo } from './bounded-count.ts';
import type { Collections } from './collections.ts';
import { ENTRY_KINDS, type EntryKind, idsOf } from './entry-kinds.ts';

/** How many entries of each kind there are. */
export type EntryCounts = Readonly<Record<EntryKind, BoundedCount>>;

/** Counts what is in `revoked_tokens` by looking into its `_id` index alone. StoreUnavailable. */
export function createCountEntries({ revokedTokens }: Pick<Collections, 'revokedTokens'>) {
  return async function countEntries(): Promise<EntryCounts> {
    const counts = await Promise.all(
      ENTRY_KINDS.map(async (kind) => [kind, await countUpTo(revokedTokens, { _id: idsOf(kind) })]),
    );
    return Object.fromEntries(counts);
  };
}
