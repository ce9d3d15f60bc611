import { isDeepStrictEqual } from 'node:util';
import type { Remedy } from '../../errors.ts';

const DUPLICATE_KEY = 11000;

/** An index that refused a duplicate key. It holds names only, never values. */
export interface Duplicate {
  readonly collection: string | undefined;
  readonly index: string | undefined;
  readonly fields: readonly string[];
}

/** Returns the indexes of an E11000; none for any other error. In a bulk write each operation has an error of its own. */
export function duplicatesIn(error: unknown): readonly Duplicate[] {
  if (!isRecord(error)) return [];
  const inBulk = Array.isArray(error['writeErrors']) ? error['writeErrors'] : [];
  const each =
    inBulk.length > 0 ? inBulk.map((one) => (isRecord(one?.err) ? one.err : one)) : [error];
  return each.filter((one) => isRecord(one) && one['code'] === DUPLICATE_KEY).map(toDuplicate);
}

/** Returns true for an E11000 of the index on this field alone, and of no other index. */
export function isDuplicateIn(error: unknown, field: string): boolean {
  const found = duplicatesIn(error);
  return found.length > 0 && found.every(({ fields }) => isDeepStrictEqual(fields, [field]));
}

/** Returns true if two upserts inserted the same document, false if an index refuses the document. */
export function isUpsertRace(error: unknown): boolean {
  return isDuplicateIn(error, '_id');
}

/** Returns a sentence on the index that refuses a write, and what to do; undefined if only that of `_id` does. */
export function refusingIndex(error: unknown): readonly [Remedy, string] | undefined {
  const found = duplicatesIn(error).find(({ fields }) => !isDeepStrictEqual(fields, ['_id']));
  if (found?.index === undefined) return undefined;
  const { collection = 'a collection', index } = found;
  const fault = `The index ${index} of ${collection} refuses what rescind writes`;
  return ['plan_migration', `${fault}. Plan a migration, which tells whether to drop it`];
}

/** Reads an E11000. In a bulk write it has no `keyPattern`: the index name in the message is read, `<field>_1` for ours. */
function toDuplicate(error: Record<string, unknown>): Duplicate {
  const message = String(error['errmsg'] ?? error['message'] ?? '');
  const [, collection, index] = FORM.exec(message) ?? [];
  const pattern = error['keyPattern'];
  if (isRecord(pattern)) return { collection, index, fields: Object.keys(pattern) };
  const [, field] = /^(\w+)_1?$/.exec(index ?? '') ?? [];
  return { collection, index, fields: field === undefined ? [] : [field] };
}

/** The form of `E11000 duplicate key error collection: db.users index: email_1 dup key: { … }`. */
const FORM = /collection: [^.\s]+\.(\S+) index: (.+?) (?:collation|dup key)/;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
