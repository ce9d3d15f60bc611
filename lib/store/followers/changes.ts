import { SENTINEL } from '../mongo/collections.ts';
import { type FeedEvent, FOLLOWED } from './feed.ts';
import { hasSlot, toSlot, type Versions } from './versions.ts';

const ON_DOCUMENTS: ReadonlySet<string> = new Set(['insert', 'update', 'replace', 'delete']);

/**
 * Applies a change to the versions. The sentinel speaks for all entries, and a collection that was dropped or renamed
 * for all of its documents: both make everything out of date.
 */
export function applyChange(versions: Versions, { operationType, ns, documentKey }: FeedEvent) {
  const id = documentKey?._id;
  const collection = ns?.coll ?? '';
  const isDocument = ON_DOCUMENTS.has(operationType) && FOLLOWED.includes(collection);
  if (isDocument && hasSlot(id) && id !== SENTINEL) versions.change(toSlot(collection, id));
  else versions.changeEverything();
}
