import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { DAY } from '../../time.ts';
import { type CollectionSpec, collectionSpecs } from '../mongo/collection-specs.ts';
import { type Collections, SENTINEL } from '../mongo/collections.ts';
import { ownDocuments } from './own-documents.ts';

/** The advice on data of another application. */
export const ELSEWHERE =
  'Data of another application is left alone: give rescind a database of its own. Another one of the same ' +
  'cluster will do: change the path of the connection URI';

/** Returns true if `migrate` has run here: its schema document or its sentinel exists. */
export async function isKnownDatabase({
  schema,
  revokedTokens,
}: Pick<Collections, 'schema' | 'revokedTokens'>): Promise<boolean> {
  // One after the other: if several reads fail at once, only one error of the driver has the reason.
  const note = await schema.findOne({ _id: 'rescind' });
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  const isNote = typeof note?.version === 'number' && typeof note.epoch === 'string';
  return isNote || (sentinel?.kind === SENTINEL && typeof sentinel.epoch === 'string');
}

/**
 * Returns sentences on why a collection belongs to another application; none if it may be changed. A collection
 * with exactly this project's validator was created by `migrate`, and is not searched.
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
    `${name} is there already, is empty, and was not made by rescind. ${ELSEWHERE}; or, where no ` +
      `application uses it, drop it (db.${name}.drop()), then migrate again`,
  ];
}

/** The projection of a test for existence. */
const JUST_ID = { projection: { _id: 1 } } as const;

const STRANGERS =
  "holds documents that are not rescind's: move them to a database of their own, since here a validator " +
  'applies to them, and a TTL may delete them';

/** The number of documents that are searched: those older than the migration come first. */
const LOOKED_THROUGH = 10_000;

/**
 * Returns a sentence for each collection of a migrated database with foreign documents among its first 10,000:
 * earlier versions took over collections of other applications. `unusableUsers` checks the users.
 */
export async function foreignDocuments(db: Db): Promise<string[]> {
  const sentences: string[] = [];
  for (const spec of collectionSpecs(DAY).filter(({ name }) => name !== 'users')) {
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
