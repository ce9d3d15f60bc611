import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { CollectionSpec, IndexSpec } from './collection-specs.ts';
import { LISTS, OWN_FIELDS } from './own-documents.ts';
import { isSameKey } from './read-indexes.ts';

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
  if (isSameKey(key, { _id: 1 })) return undefined;
  const own = ownIndex(spec, index);
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

/** Names the TTL indexes of a collection that are not this project's: a deleted revocation is a token that comes back. */
export function deletingIndexes(spec: CollectionSpec, present: readonly Document[]): string[] {
  const deleting = present.filter(
    (index) =>
      index['expireAfterSeconds'] !== undefined &&
      ownIndex(spec, index)?.options.expireAfterSeconds === undefined &&
      !isBackwards(spec, index),
  );
  return deleting.map(
    ({ name }) => `${spec.name} has a TTL index ${name} of its own; ${dropAdvice(spec.name, name)}`,
  );
}

function ownIndex(spec: CollectionSpec, index: Document): IndexSpec | undefined {
  return spec.indexes.find(({ key }) => isSameKey(key, index['key']));
}

/** The same TTL on the same field in the other direction, as rate-limiter-flexible makes it, deletes the same. */
function isBackwards({ indexes }: CollectionSpec, index: Document): boolean {
  return (
    index['partialFilterExpression'] === undefined &&
    indexes.some(
      ({ key, options }) =>
        options.expireAfterSeconds === index['expireAfterSeconds'] &&
        isDeepStrictEqual(Object.keys(key), Object.keys(index['key'])),
    )
  );
}

/** Says how an index is dropped, and what comes next. */
export function dropAdvice(collection: string, name: string): string {
  return `drop it (db.${collection}.dropIndex(${JSON.stringify(name)})), then migrate again`;
}
