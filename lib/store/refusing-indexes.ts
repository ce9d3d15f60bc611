import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { CollectionSpec } from './collection-specs.ts';
import { LISTS, OWN_FIELDS } from './own-documents.ts';

/** Names the indexes of a collection that can refuse what the server writes, each in a sentence that says how to drop it. */
export function refusingIndexes(spec: CollectionSpec, present: readonly Document[]): string[] {
  return present.flatMap((index) => {
    const fault = refusalOf(spec, index);
    if (fault === undefined) return [];
    const name = String(index['name']);
    return [
      `The index ${name} of ${spec.name} ${fault}: it can refuse what rescind writes; ${dropAdvice(spec.name, name)}`,
    ];
  });
}

/** Names what makes an index refuse documents; undefined for an index that takes them all. */
export function refusalOf(spec: CollectionSpec, index: Document): string | undefined {
  const key: Document = index['key'];
  if (isDeepStrictEqual(key, { _id: 1 })) return undefined;
  const own = spec.indexes.find((wanted) => isDeepStrictEqual(wanted.key, key));
  if (index['prepareUnique']) return 'has prepareUnique';
  if (index['unique'] && !own?.options.unique) return 'is unique';
  return refusalByKind(spec.name, index);
}

function refusalByKind(collection: string, index: Document): string | undefined {
  const own = new Set(OWN_FIELDS[collection]);
  const parts = Object.entries<unknown>(index['key']).map(
    ([path, kind]) => [path.split('.')[0] ?? '', kind] as const,
  );
  const kindOf = (field: string) => parts.find(([name]) => name === field)?.[1];
  if (parts.some(([, kind]) => kind === 'text')) return refusalOfText(own, index);
  const list = parts.find(([field, kind]) => kind === 'hashed' && LISTS.has(field));
  if (list !== undefined) return `hashes ${list[0]}, which may hold a list`;
  const place = [...own].find((field) => String(kindOf(field)).startsWith('2d'));
  return place === undefined ? undefined : `takes ${place} for a place`;
}

/** A text index refuses a language that it does not know. */
function refusalOfText(own: ReadonlySet<string>, index: Document): string | undefined {
  const language = String(index['language_override']);
  return own.has(language) ? `takes ${language} for a language` : undefined;
}

/** Says how an index is dropped, and what comes next. */
export function dropAdvice(collection: string, name: string): string {
  return `drop it (db.${collection}.dropIndex(${JSON.stringify(name)})), then migrate again`;
}
