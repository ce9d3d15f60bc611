import type { FeedEvent } from './change-stream.ts';
import type { Rules } from './rules.ts';

export const SENTINEL = 'sentinel';

/** Tells which events a follower asks for: changes of what it remembers, and of its own document. */
export function isFollowed(event: FeedEvent, ownId: string, rules: Rules): boolean {
  switch (event.operation) {
    case 'rename': // by the name that the collection gets: it replaces the collection that had it
      return !rules.isBroken('renames-by-source');
    case 'drop':
      return true;
    case 'delete':
      return isFollowedDelete(event, ownId, rules);
    case 'pipeline': // an update by a pipeline may have empty updatedFields
      return !rules.isBroken('filter-on-updated-fields');
    case 'write':
      return event.collection !== 'followers' || event.key === ownId;
  }
}

/** Deletes of revocations make nothing valid; the sentinel's says that the collection is lost. */
function isFollowedDelete({ collection, key }: FeedEvent, ownId: string, rules: Rules): boolean {
  if (collection === 'followers') return key === ownId;
  if (collection === 'users') return true;
  return key === SENTINEL && !rules.isBroken('sentinel-delete-left-out');
}
