import { StoreNotReady } from '../errors.ts';
import { createSharedReads } from '../shared-reads.ts';
import { DAY, SECOND } from '../time.ts';
import { type CollectionSpec, collectionSpecs } from './collection-specs.ts';
import type { Collections } from './collections.ts';
import { orUnavailable } from './database.ts';
import { isUpsertRace } from './duplicate-keys.ts';
import { lossOf } from './kept.ts';
import { readIndexes } from './read-indexes.ts';
import { deletingIndexes, refusingIndexes } from './refusing-indexes.ts';
import { probeEntry } from './revocation-entries.ts';
import { PROBE } from './revocation-keys.ts';

/** Questions that no request has asked yet. */
export interface HealthChecks {
  /**
   * Writes an entry of its own to `revoked_tokens`, by a majority; a good answer holds for 30 seconds. StoreNotReady
   * where this user may not; StoreUnavailable.
   */
  assertWritable(): Promise<void>;
  /**
   * Reads the indexes. StoreNotReady where a collection was lost, or an index can refuse what is written or deletes what
   * has to stay; StoreUnavailable.
   */
  assertIndexes(): Promise<void>;
}

/** The milliseconds for which a good answer holds, and a bad one. */
const GOOD_FOR = 30 * SECOND;
const BAD_FOR = SECOND;

/** Makes the checks of this process. */
export function createHealthChecks(collections: Collections): HealthChecks {
  return {
    assertWritable: held(() => writeProbe(collections)),
    assertIndexes: createAssertIndexes(collections),
  };
}

async function writeProbe({ revokedTokens }: Pick<Collections, 'revokedTokens'>): Promise<void> {
  const write = revokedTokens.updateOne({ _id: PROBE }, probeEntry(), { upsert: true });
  await orUnavailable(write, isUpsertRace).catch((error: unknown) => {
    if (!isUpsertRace(error)) throw error; // else another server was faster, and could write
  });
}

/** Those who ask at the same time share a read. */
function createAssertIndexes(collections: Collections) {
  const all = Object.values(collections);
  const specOf = new Map(collectionSpecs(DAY).map((spec) => [spec.name, spec]));
  const read = createSharedReads(() =>
    Promise.all(
      all.map(async (each) => faultsOf(specOf.get(each.collectionName), await readIndexes(each))),
    ),
  );

  return async function assertIndexes() {
    const [sentence] = (await read([])).flat();
    if (sentence !== undefined) throw new StoreNotReady(sentence);
  };
}

type Indexes = Awaited<ReturnType<typeof readIndexes>>;

function faultsOf(spec: CollectionSpec | undefined, present: Indexes): readonly string[] {
  if (spec === undefined) return [];
  const loss = lossOf(spec, present);
  if (loss !== undefined) return [loss];
  const deleting = HISTORY.has(spec.name) ? [] : deletingIndexes(spec, present);
  return [...refusingIndexes(spec, present), ...deleting];
}

/** Collections by whose absent documents nothing is decided. */
const HISTORY: ReadonlySet<string> = new Set(['audit_events', 'daily_counts']);

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
