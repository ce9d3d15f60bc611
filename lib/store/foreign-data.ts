import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { DAY } from '../time.ts';
import { type CollectionSpec, collectionSpecs } from './collection-specs.ts';
import type { Collections } from './collections.ts';
import { ownDocuments } from './own-documents.ts';
import { SENTINEL } from './revocation-keys.ts';

/** Says what to do about data of another application. */
export const ELSEWHERE =
  'Data of another application is left alone: give rescind a database of its own. Another one of the same ' +
  'cluster will do: change the path in MONGODB_URI';

/** Tells whether `migrate` has been here: its schema document or its sentinel stands. */
export async function isKnownDatabase({
  schema,
  revokedTokens,
}: Pick<Collections, 'schema' | 'revokedTokens'>): Promise<boolean> {
  // One after the other: of several at once the driver tells one alone why it cannot connect.
  const note = await schema.findOne({ _id: 'rescind' });
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  const isNote = typeof note?.version === 'number' && typeof note.epoch === 'string';
  return isNote || (sentinel?.kind === SENTINEL && typeof sentinel.epoch === 'string');
}

/**
 * Names what makes a collection somebody else's, in sentences; none for one that may be changed. One with
 * exactly this project's validator was made by `migrate`, and is not searched.
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

/** Enough to see that there is a document. */
const JUST_ID = { projection: { _id: 1 } } as const;

const STRANGERS =
  "holds documents that are not rescind's: move them to a database of their own, since here a validator " +
  'applies to them, and a TTL may delete them';

/** Enough to meet what was there before `migrate` was: those documents come first. */
const LOOKED_THROUGH = 10_000;

/**
 * Names the collections of a migrated database among whose first 10,000 documents some are not this
 * project's: an earlier version took over what another application had there. Users are looked at elsewhere.
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
