import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { DAY } from '../../time.ts';
import { type CollectionSpec, collectionSpecs } from '../mongo/collection-specs.ts';
import { type Collections, NAMES, SENTINEL } from '../mongo/collections.ts';
import { ownDocuments } from './own-documents.ts';

/** The advice for a collection that belongs to another application. */
export const ELSEWHERE =
  'rescind does not change data of another application. Change the path of the connection URI, so that rescind ' +
  'has a database of its own';

/** Returns true if `migrate` has created a schema document or a sentinel in this database. */
export async function isKnownDatabase({
  schema,
  revokedTokens,
}: Pick<Collections, 'schema' | 'revokedTokens'>): Promise<boolean> {
  // The reads are sequential, because only one of two simultaneous errors contains the driver's reason.
  const note = await schema.findOne({ _id: 'rescind' });
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  const isNote = typeof note?.version === 'number' && typeof note.epoch === 'string';
  return isNote || (sentinel?.kind === SENTINEL && typeof sentinel.epoch === 'string');
}

/**
 * Returns a sentence for each sign that a collection belongs to another application. A collection that has exactly
 * rescind's validator was created by `migrate`, so its documents are not searched.
 */
export async function foreignTraits(
  db: Db,
  spec: CollectionSpec,
  options: Document,
  isKnown: boolean,
): Promise<string[]> {
  const { name, validator } = spec;
  if (options['collation'] !== undefined)
    return [`${name} has a collation of its own. ${ELSEWHERE}`];
  const found: Document | undefined = options['validator'];
  if (isDeepStrictEqual(found, validator)) return [];
  const documents = db.collection(name);
  if ((await documents.findOne({ $nor: [ownDocuments(spec)] }, JUST_ID)) !== null) {
    return [`${name} holds documents that are not rescind's. ${ELSEWHERE}`];
  }
  if (isKnown) return [];
  if (found !== undefined && Object.keys(found).length > 0) {
    return [`${name} has a validator that is not rescind's. ${ELSEWHERE}`];
  }
  if ((await documents.findOne({}, JUST_ID)) !== null) return [];
  return [
    `${name} exists already, is empty, and was not created by rescind. ${ELSEWHERE}. If no application ` +
      `uses ${name}, drop it (db.${name}.drop()), then migrate again`,
  ];
}

/** The projection of a read that only tests for existence. */
const JUST_ID = { projection: { _id: 1 } } as const;

const STRANGERS =
  "holds documents that are not rescind's. Move them to another database: here rescind's validator applies to " +
  'them, and a TTL index may delete them';

/** The number of documents to search. Foreign documents are older than rescind's, so a scan returns them first. */
const LOOKED_THROUGH = 10_000;

/**
 * Returns a sentence for each collection with foreign documents among its first 10,000 documents. Earlier versions of
 * `migrate` could take over collections of other applications. Leaves out `users`, which `unusableUsers` checks.
 */
export async function foreignDocuments(db: Db): Promise<string[]> {
  const sentences: string[] = [];
  for (const spec of collectionSpecs(DAY).filter(({ name }) => name !== NAMES.users)) {
    const [found] = await db
      .collection(spec.name)
      .aggregate([
        { $limit: LOOKED_THROUGH },
        { $match: { $nor: [ownDocuments(spec)] } },
        { $limit: 1 },
        { $project: { _id: 1 } },
      ])
      .toArray();
    if (found !== undefined) sentences.push(`${spec.name} ${STRANGERS}`);
  }
  return sentences;
}
