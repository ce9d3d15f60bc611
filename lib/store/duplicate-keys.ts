import { isDeepStrictEqual } from 'node:util';

const DUPLICATE_KEY = 11000;

/** An index that refused a document, because another one has its key. Names only, never values. */
export interface Duplicate {
  readonly collection: string | undefined;
  readonly index: string | undefined;
  readonly fields: readonly string[];
}

/** Reads which indexes an E11000 is about; none for any other error. In a bulk write each operation has one of its own. */
export function duplicatesIn(error: unknown): readonly Duplicate[] {
  if (!isRecord(error)) return [];
  const inBulk = Array.isArray(error['writeErrors']) ? error['writeErrors'] : [];
  const each =
    inBulk.length > 0 ? inBulk.map((one) => (isRecord(one?.err) ? one.err : one)) : [error];
  return each.filter((one) => isRecord(one) && one['code'] === DUPLICATE_KEY).map(toDuplicate);
}

/** Tells an E11000 of this field's own index from that of any other. */
export function isDuplicateOf(error: unknown, field: string): boolean {
  const found = duplicatesIn(error);
  return found.length > 0 && found.every(({ fields }) => isDeepStrictEqual(fields, [field]));
}

/** Tells two upserts of one new document from an index that refuses what is written. */
export function isUpsertRace(error: unknown): boolean {
  return isDuplicateOf(error, '_id');
}

/** Says which index refuses a write, and what to do; undefined where none but that of `_id` does. */
export function refusingIndex(error: unknown): string | undefined {
  const found = duplicatesIn(error).find(({ fields }) => !isDeepStrictEqual(fields, ['_id']));
  if (found?.index === undefined) return undefined;
  const { collection = 'a collection', index } = found;
  return (
    `The index ${index} of ${collection} refuses what rescind writes. ` +
    'Run `npm run migrate -- --check`, which tells whether to drop it'
  );
}

/** The driver keeps no `keyPattern` of a bulk write: there the message has the name of the index, `<field>_1` for ours. */
function toDuplicate(error: Record<string, unknown>): Duplicate {
  const message = String(error['errmsg'] ?? error['message'] ?? '');
  const [, collection, index] = FORM.exec(message) ?? [];
  const pattern = error['keyPattern'];
  if (isRecord(pattern)) return { collection, index, fields: Object.keys(pattern) };
  const [, field] = /^(\w+)_1?$/.exec(index ?? '') ?? [];
  return { collection, index, fields: field === undefined ? [] : [field] };
}

/** `E11000 duplicate key error collection: db.users index: email_1 dup key: { … }` */
const FORM = /collection: [^.\s]+\.(\S+) index: (.+?) (?:collation|dup key)/;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
