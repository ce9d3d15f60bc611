import type { Db, Document } from 'mongodb';
import { NORMAL_EMAIL } from '../../passwords/email.ts';
import { USABLE_HASH } from '../../passwords/usable-hash.ts';
import { LONGEST_USER_ID } from '../../tokens/access/user-id.ts';
import { findSpec } from '../mongo/collection-specs.ts';
import { NAMES } from '../mongo/collections.ts';
import type { Finding } from './plan.ts';

interface Found {
  readonly count: number;
  /** The `_id` of one user with the fault. */
  readonly example: unknown;
}

interface Fault extends Pick<Finding, 'remedy'> {
  readonly filter: Document;
  readonly is: string;
  readonly advice: string;
}

/** Finds users who cannot log in, by one scan. Each finding names the reason, the number of users and one of them. */
export async function unusableUsers(db: Db): Promise<Finding[]> {
  const faults = createFaults();
  const facets = faults.map(({ filter }, nth) => [`fault${nth}`, counted(filter)]);
  const [found = {}] = await db
    .collection(NAMES.users)
    .aggregate<Record<string, Found[]>>([{ $facet: Object.fromEntries(facets) }])
    .toArray();
  return faults.flatMap(({ is, advice, remedy }, nth) =>
    (found[`fault${nth}`] ?? []).map(({ count, example }) => ({
      message: `${count} ${count === 1 ? 'user has' : 'users have'} ${is}, for example _id ${toLine(example)}: ${advice}`,
      remedy,
    })),
  );
}

function createFaults(): readonly Fault[] {
  return [
    {
      filter: { _id: { $not: whole(`.{1,${LONGEST_USER_ID}}`) } },
      is: 'an _id that tokens cannot carry',
      advice: `an _id must be a string of 1 to ${LONGEST_USER_ID} characters`,
    },
    {
      filter: { $nor: [withoutId(findUserSchema())] },
      is: 'a field missing or of the wrong type',
      advice: 'correct the document to match the validator of users',
    },
    {
      filter: { email: { $type: 'string', $not: whole(`(?=.{1,254}\\z)${NORMAL_EMAIL}`) } },
      is: 'an e-mail address that is not in its normal form',
      advice: 'store it trimmed, in ASCII and lower case, because a login looks up this form',
    },
    {
      filter: { password_hash: { $type: 'string', $not: whole(USABLE_HASH) } },
      is: 'a password hash of an unsupported kind or cost',
      advice: 'only bcrypt with a cost of 10 to 14 is supported. Set a new password',
      remedy: 'set_password',
    },
  ];
}

function counted(filter: Document): Document[] {
  return [
    { $match: filter },
    { $group: { _id: null, count: { $sum: 1 }, example: { $first: '$_id' } } },
  ];
}

/** Returns a filter that matches whole texts. It ends in `\z`, because `$` also matches before a final line break. */
function whole(pattern: string): RegExpFilter {
  return { $regex: `\\A(?:${pattern})\\z`, $options: 's' };
}

interface RegExpFilter {
  readonly $regex: string;
  readonly $options: string;
}

function findUserSchema(): Document {
  return findSpec(NAMES.users).validator['$jsonSchema'];
}

/** Removes `_id` from a schema, because a wrong `_id` is reported as a fault of its own. */
function withoutId({ required, properties, ...rest }: Document): Document {
  const { _id, ...others } = properties;
  const named = required.filter((name: string) => name !== '_id');
  return { $jsonSchema: { ...rest, required: named, properties: others } };
}

const MOST_SHOWN = 60;

/** Returns an id as short text. Quotes a string, so that its line breaks are escaped. */
function toLine(id: unknown): string {
  const text = typeof id === 'string' ? JSON.stringify(id) : String(id);
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}
