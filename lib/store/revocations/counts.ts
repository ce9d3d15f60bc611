import { type BoundedCount, countUpTo } from '../mongo/bounded-count.ts';
import type { Collections } from '../mongo/collections.ts';
import { ENTRY_KINDS, type EntryKind, toIdRange } from './entry-kinds.ts';

/** The number of entries of each kind. */
export type EntryCounts = Readonly<Record<EntryKind, BoundedCount>>;

/** Counts the entries of each kind by the `_id` index alone. Throws StoreUnavailable if a count fails. */
export function createCountEntries({ revokedTokens }: Pick<Collections, 'revokedTokens'>) {
  return async function countEntries(): Promise<EntryCounts> {
    const counts = await Promise.all(
      ENTRY_KINDS.map(async (kind) => [
        kind,
        await countUpTo(revokedTokens, { _id: toIdRange(kind) }),
      ]),
    );
    return Object.fromEntries(counts);
  };
}
