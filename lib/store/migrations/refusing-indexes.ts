import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import type { CollectionSpec, IndexSpec } from '../mongo/collection-specs.ts';
import { isSameKey } from '../mongo/read-indexes.ts';
import { LISTS, OWN_FIELDS } from './own-documents.ts';

/** Returns a sentence for each index that can refuse documents of rescind. The sentence advises to drop the index. */
export function refusingIndexes(spec: CollectionSpec, present: readonly Document[]): string[] {
  return present.flatMap((index) => {
    const fault = describeRefusal(spec, index);
    if (fault === undefined) return [];
    const name = String(index['name']);
    return [
      `The index ${name} of ${spec.name} ${fault}, so it can refuse what rescind writes. ${dropAdvice(spec.name, name)}`,
    ];
  });
}

/** Returns a phrase for the property by which an index can refuse our documents; undefined without such a property. */
export function describeRefusal(spec: CollectionSpec, index: Document): string | undefined {
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
  const findKind = (field: string) => parts.find(([name]) => name === field)?.[1];
  if (parts.some(([, kind]) => kind === 'text')) return textRefusal(own, index);
  const list = parts.find(([field, kind]) => kind === 'hashed' && LISTS.has(field));
  if (list !== undefined) return `hashes ${list[0]}, which may hold a list`;
  const place = [...own].find((field) => String(findKind(field)).startsWith('2d'));
  return place === undefined ? undefined : `expects coordinates in ${place}`;
}

/** Returns a phrase if a text index reads the language from a field of ours. MongoDB refuses unknown languages. */
function textRefusal(own: ReadonlySet<string>, index: Document): string | undefined {
  const language = String(index['language_override']);
  return own.has(language) ? `expects a language in ${language}` : undefined;
}

/** Returns a sentence for each foreign TTL index, which may delete a revocation and so make a token valid again. */
export function deletingIndexes(spec: CollectionSpec, present: readonly Document[]): string[] {
  const deleting = present.filter(
    (index) =>
      index['expireAfterSeconds'] !== undefined &&
      ownIndex(spec, index)?.options.expireAfterSeconds === undefined &&
      !isBackwards(spec, index),
  );
  return deleting.map(
    ({ name }) =>
      `${spec.name} has a TTL index ${name} of another application. ${dropAdvice(spec.name, name)}`,
  );
}

function ownIndex(spec: CollectionSpec, index: Document): IndexSpec | undefined {
  return spec.indexes.find(({ key }) => isSameKey(key, index['key']));
}

/** Returns true for the TTL index of rate-limiter-flexible, which acts like ours, but is in descending order. */
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

/** Returns the advice to drop an index and to migrate again. */
export function dropAdvice(collection: string, name: string): string {
  return `Drop it (db.${collection}.dropIndex(${JSON.stringify(name)})), then migrate again`;
}
