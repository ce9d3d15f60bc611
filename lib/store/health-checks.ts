import type { Db } from 'mongodb';
import { StoreNotReady } from '../errors.ts';
import { MINUTE, SECOND } from '../time.ts';
import { collectionSpecs } from './collection-specs.ts';
import { type Collections, PLAIN_VALUES } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { isUpsertRace } from './duplicate-keys.ts';
import { missingPrivilege } from './refused-commands.ts';
import { refusingIndexes } from './refusing-indexes.ts';
import { probeEntry } from './revocation-entries.ts';
import { PROBE } from './revocation-keys.ts';

/** Questions that no request has asked yet. At most one of each is under way, and a good answer holds for 30 seconds. */
export interface HealthChecks {
  /** Writes an entry of its own to `revoked_tokens`, by a majority. StoreNotReady where this user may not; StoreUnavailable. */
  assertWritable(): Promise<void>;
  /**
   * Reads the indexes. StoreNotReady that names one which can refuse a write; StoreUnavailable. A user who may not
   * read them is no fault of the database: the answer then says so.
   */
  assertNoRefusingIndex(): Promise<string | undefined>;
}

/** The milliseconds for which a good answer holds, and a bad one. */
const GOOD_FOR = 30 * SECOND;
const BAD_FOR = SECOND;

/** Makes the checks of this process. */
export function createHealthChecks(
  db: Db,
  collections: Pick<Collections, 'revokedTokens'>,
): HealthChecks {
  return {
    assertWritable: held(() => writeProbe(collections)),
    assertNoRefusingIndex: held(() => lookAtIndexes(db)),
  };
}

async function writeProbe({ revokedTokens }: Pick<Collections, 'revokedTokens'>): Promise<void> {
  const write = revokedTokens.updateOne({ _id: PROBE }, probeEntry(), { upsert: true });
  await orUnavailable(write, isUpsertRace).catch((error: unknown) => {
    if (!isUpsertRace(error)) throw error; // else another server was faster, and could write
  });
}

async function lookAtIndexes(db: Db): Promise<string | undefined> {
  const specs = collectionSpecs(MINUTE); // how long events are kept is not asked here
  const reads = specs.map(({ name }) =>
    db
      .collection(name, PLAIN_VALUES)
      .listIndexes({ maxTimeMS: MAX_TIME })
      .toArray()
      .catch(noneIfAbsent),
  );
  const read = Promise.all(reads);
  try {
    const indexes = await orUnavailable(read, isUnseen);
    const [sentence] = specs.flatMap((spec, nth) => refusingIndexes(spec, indexes[nth] ?? []));
    if (sentence !== undefined) throw new StoreNotReady(sentence);
    return undefined;
  } catch (error) {
    if (isUnseen(error)) return missingPrivilege(error);
    throw error;
  }
}

function isUnseen(error: unknown): boolean {
  return missingPrivilege(error) !== undefined;
}

const NAMESPACE_NOT_FOUND = 26;

/** A collection that is not there has no index; that it is missing shows elsewhere. */
function noneIfAbsent(error: unknown): [] {
  const isAbsent = error instanceof Error && 'code' in error && error.code === NAMESPACE_NOT_FOUND;
  if (isAbsent) return [];
  throw error;
}

/** Lets all who ask share one answer for as long as it holds. */
function held<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let holdsUntil = 0;

  function renewed(): Promise<T> {
    const asked = ask();
    const holdFor = (time: number) => () => {
      holdsUntil = performance.now() + time;
    };
    holdsUntil = Number.POSITIVE_INFINITY; // while it is under way
    asked.then(holdFor(GOOD_FOR), holdFor(BAD_FOR));
    return asked;
  }

  return function join() {
    if (answer === undefined || performance.now() >= holdsUntil) answer = renewed();
    return answer;
  };
}
