import type { Collection } from 'mongodb';
import { StoreNotReady } from '../../errors.ts';
import { DAY, SECOND } from '../../time.ts';
import { type CollectionSpec, collectionSpecs, SCHEMA_VERSION } from '../mongo/collection-specs.ts';
import { type Collections, NAMES } from '../mongo/collections.ts';
import { orUnavailable } from '../mongo/database.ts';
import { isUpsertRace } from '../mongo/duplicate-keys.ts';
import { describeLoss } from '../mongo/intact.ts';
import { readIndexes } from '../mongo/read-indexes.ts';
import { createSchema } from '../mongo/schema-document.ts';
import { createSharedReads } from '../mongo/shared-reads.ts';
import { PROBE } from '../revocations/entry-ids.ts';
import { probeUpdate } from '../revocations/entry-updates.ts';
import { deletingIndexes, refusingIndexes } from './refusing-indexes.ts';

/** Checks that detect a fault of the database before the fault makes a request fail. */
export type HealthChecks = ReturnType<typeof createHealthChecks>;

/** Milliseconds for which a success (`GOOD_FOR`) or a failure (`BAD_FOR`) is cached. */
const GOOD_FOR = 30 * SECOND;
const BAD_FOR = SECOND;

export function createHealthChecks(collections: Collections) {
  return {
    /**
     * Writes the probe to `revoked_tokens` and waits for a majority. Caches a success for 30 seconds. Throws
     * StoreNotReady if the database user lacks the privilege to write, and StoreUnavailable for any other failure.
     */
    assertWritable: cached(() => writeProbe(collections)),
    /**
     * Reads the indexes. Throws StoreNotReady if a collection was lost, or if an index can refuse writes or delete
     * documents that must stay. Throws StoreUnavailable if the indexes cannot be read.
     */
    assertIndexes: createAssertIndexes(collections),
  };
}

async function writeProbe({ revokedTokens }: Pick<Collections, 'revokedTokens'>): Promise<void> {
  const write = revokedTokens.updateOne({ _id: PROBE }, probeUpdate(), { upsert: true });
  await orUnavailable(write, isUpsertRace).catch((error: unknown) => {
    if (!isUpsertRace(error)) throw error; // in a race, another server has written the probe
  });
}

/** Creates the check of the indexes. Concurrent calls share a read. */
function createAssertIndexes({ followers, ...needed }: Collections) {
  const specs = new Map(collectionSpecs(DAY).map((spec) => [spec.name, spec]));
  const find = async (collection: Pick<Collection, 'collectionName' | 'listIndexes'>) =>
    findFaults(specs.get(collection.collectionName), await readIndexes(collection));
  const read = createSharedReads(async () => {
    const [own, ...found] = await Promise.all([followers, ...Object.values(needed)].map(find));
    const isForeign = own?.length !== 0 && (await isBeforeFollowers(needed));
    return [...found, isForeign ? [] : own].flat();
  });

  return async function assertIndexes() {
    const [sentence] = await read([]);
    if (sentence !== undefined) throw new StoreNotReady('migrate', sentence);
  };
}

/** Returns true for an older schema, on which a collection `followers` can only be of another application. */
async function isBeforeFollowers({ schema }: Pick<Collections, 'schema'>): Promise<boolean> {
  return ((await createSchema({ schema }).find())?.version ?? 0) < SCHEMA_VERSION;
}

type Indexes = Awaited<ReturnType<typeof readIndexes>>;

function findFaults(spec: CollectionSpec | undefined, present: Indexes): readonly string[] {
  if (spec === undefined) return [];
  const loss = describeLoss(spec, present);
  if (loss !== undefined) return [loss];
  const deleting = HISTORY.has(spec.name) ? [] : deletingIndexes(spec, present);
  return [...refusingIndexes(spec, present), ...deleting];
}

/** Collections whose documents affect no decision, so a foreign TTL index on them does no harm. */
const HISTORY: ReadonlySet<string> = new Set([NAMES.auditEvents, NAMES.dailyCounts]);

/** Caches the result of a check. Concurrent calls share a check. */
function cached<T>(check: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  let expiresAt = 0;

  function renew(): Promise<T> {
    const checking = check();
    const expireIn = (time: number) => () => {
      expiresAt = performance.now() + time;
    };
    expiresAt = Number.POSITIVE_INFINITY; // later calls join the check in flight
    checking.then(expireIn(GOOD_FOR), expireIn(BAD_FOR));
    return checking;
  }

  return function join() {
    if (result === undefined || performance.now() >= expiresAt) result = renew();
    return result;
  };
}
