import { isDeepStrictEqual } from 'node:util';
import type { Remedy } from '../../errors.ts';

const DUPLICATE_KEY = 11000;

/** An index that refused a duplicate key. Contains names but no values. */
export interface Duplicate {
  readonly collection: string | undefined;
  readonly index: string | undefined;
  readonly fields: readonly string[];
}

/** Returns the index that refused a duplicate key (E11000); after a bulk write, one index for each failed operation. */
export function duplicatesIn(error: unknown): readonly Duplicate[] {
  if (!isRecord(error)) return [];
  const inBulk = Array.isArray(error['writeErrors']) ? error['writeErrors'] : [];
  const each =
    inBulk.length > 0 ? inBulk.map((one) => (isRecord(one?.err) ? one.err : one)) : [error];
  return each.filter((one) => isRecord(one) && one['code'] === DUPLICATE_KEY).map(toDuplicate);
}

/** Returns true for an E11000 error if every index that refused a key has this field and no other field. */
export function isDuplicateIn(error: unknown, field: string): boolean {
  const found = duplicatesIn(error);
  return found.length > 0 && found.every(({ fields }) => isDeepStrictEqual(fields, [field]));
}

/** Returns true if only the index on `_id` refused, because two upserts raced to insert the same document. */
export function isUpsertRace(error: unknown): boolean {
  return isDuplicateIn(error, '_id');
}

/** Describes the index that refuses a write, and what to do. Returns undefined for an upsert race and other errors. */
export function refusingIndex(error: unknown): readonly [Remedy, string] | undefined {
  const found = duplicatesIn(error).find(({ fields }) => !isDeepStrictEqual(fields, ['_id']));
  if (found?.index === undefined) return undefined;
  const { collection = 'a collection', index } = found;
  const fault = `The index ${index} of ${collection} refuses what rescind writes`;
  return ['plan_migration', `${fault}. Plan a migration to find out whether to drop it`];
}

/** Converts an E11000 error. Without `keyPattern`, as after a bulk write, the index `<field>_1` names the field. */
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
