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
  const own = OWN_FIELDS[collection] ?? [];
  const language = String(index['language_override']);
  for (const [path, kind] of Object.entries(index['key'] as Document)) {
    const [field = ''] = path.split('.');
    if (kind === 'text' && own.includes(language)) return `takes ${language} for a language`;
    if (kind === 'hashed' && LISTS.has(field)) return `is hashed, and ${field} may hold a list`;
    const isGeo = typeof kind === 'string' && kind !== 'text' && kind !== 'hashed';
    if (isGeo && own.includes(field)) return `takes ${field} for a place (${kind})`;
  }
  return undefined;
}

/** Says how an index is dropped, and what comes next. */
export function dropAdvice(collection: string, name: string): string {
  return `drop it (db.${collection}.dropIndex(${JSON.stringify(name)})), then migrate again`;
}
