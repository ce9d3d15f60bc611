import { randomUUID } from 'node:crypto';
import type { Collection, Db, Document } from 'mongodb';
import {
  collectionSpecs,
  findSpec,
  OLDEST_SCHEMA_VERSION,
  SCHEMA_VERSION,
  UNDER_WAY_VERSION,
} from '../mongo/collection-specs.ts';
import { type Collections, NAMES, openCollections, SENTINEL } from '../mongo/collections.ts';
import { isUpsertRace } from '../mongo/duplicate-keys.ts';
import { LOGIN_IN_FLIGHT, LOST_CUTOFFS } from '../revocations/entry-updates.ts';
import { planAfterRestore } from './after-restore.ts';
import { planFence } from './fence.ts';
import { isKnownDatabase } from './foreign-data.ts';
import { conflict, type MigrationPlan, merge, planCollection, step } from './plan.ts';

export type { MigrationPlan } from './plan.ts';

export interface MigrateOptions {
  /** Milliseconds after which audit events are deleted. */
  readonly auditRetention: number;
  /** True if this database was restored, so that the migration refuses every token issued so far. Default false. */
  readonly afterRestore?: boolean | undefined;
}

/**
 * Compares the database with what this version needs: collections, validators, indexes, the schema
 * document and the sentinel. Changes nothing. Rejects with the driver's error if a read fails.
 */
export async function planMigration(
  db: Db,
  { auditRetention, afterRestore = false }: MigrateOptions,
): Promise<MigrationPlan> {
  const collections = openCollections(db);
  const isKnown = await isKnownDatabase(collections);
  const plans = [await planAnnouncement(collections)];
  for (const spec of collectionSpecs(auditRetention)) {
    plans.push(await planCollection(db, spec, isKnown));
  }
  plans.push(await planUnique(collections));
  plans.push(await planFence(collections));
  plans.push(await planSentinel(collections, { afterRestore }));
  if (afterRestore) plans.push(planAfterRestore(collections));
  return merge(plans);
}

/**
 * Returns true if servers accept the database and the collection is as specified, so that documents can be added. The
 * version before is accepted, because its collections `users` and `clients` are the same.
 */
export async function isReady(db: Db, collection: 'users' | 'clients'): Promise<boolean> {
  const sentinel = await planSentinel(openCollections(db), { oldest: OLDEST_SCHEMA_VERSION });
  const own = await planCollection(db, findSpec(NAMES[collection]), true);
  const { steps, conflicts } = merge([sentinel, own]);
  return steps.length + conflicts.length === 0;
}

/** Applies a plan. Reports each step before applying it. Throws a TypeError for a plan with conflicts. */
export async function migrate(
  { conflicts, steps }: MigrationPlan,
  report: (description: string) => void,
): Promise<void> {
  if (conflicts.length > 0) throw new TypeError('"plan" has conflicts; nothing was changed');
  for (const { description, apply } of steps) {
    report(description);
    await apply();
  }
}

const MOST_DUPLICATES = 20;

/** Finds duplicates before the migration changes anything, because no unique index can be built over duplicates. */
async function planUnique({ users, loginLimits }: Collections): Promise<MigrationPlan> {
  const [emails, keys] = [await duplicates(users, 'email'), await duplicates(loginLimits, 'key')];
  const conflicts = emails.map(
    ({ _id, count }) =>
      `${count} users have the e-mail address ${_id}. Keep one of them, then migrate again`,
  );
  return conflict(...conflicts, ...(keys.length > 0 ? [DUPLICATE_LIMITS] : []));
}

const DUPLICATE_LIMITS =
  `${NAMES.loginLimits} holds several counters of one key. Stop the servers, delete all counters ` +
  `(db.${NAMES.loginLimits}.deleteMany({})), then migrate again`;

function duplicates<T extends Document>(collection: Collection<T>, field: string) {
  return collection
    .aggregate<{ _id: string; count: number }>([
      { $match: { [field]: { $type: 'string' } } }, // other checks report documents without this field
      { $group: { _id: `$${field}`, count: { $sum: 1 } } },
      { $match: { count: { $gt: 1 } } },
      { $sort: { _id: 1 } },
      { $limit: MOST_DUPLICATES },
    ])
    .toArray();
}

/**
 * Plans the first step of a migration from the version before. A `migrate` of that version whose plan is older than this
 * step finds its own validators in place, and one that plans later refuses a newer version. So it cannot replace the
 * validators that the next steps set.
 */
async function planAnnouncement({ schema }: Collections): Promise<MigrationPlan> {
  const found = await schema.findOne({ _id: 'rescind' });
  if (found === null || found.version < OLDEST_SCHEMA_VERSION) return merge([]);
  if (found.version >= UNDER_WAY_VERSION) return merge([]);
  return step(`write schema version ${UNDER_WAY_VERSION}, at which an older migrate stops`, () =>
    schema.updateOne({ _id: 'rescind' }, { $max: { version: UNDER_WAY_VERSION } }),
  );
}

interface SentinelOptions {
  readonly afterRestore?: boolean;
  /** The oldest version that needs no step. */
  readonly oldest?: number;
}

async function planSentinel(
  collections: Collections,
  { afterRestore = false, oldest = SCHEMA_VERSION }: SentinelOptions,
): Promise<MigrationPlan> {
  const schema = await collections.schema.findOne({ _id: 'rescind' });
  const sentinel = await collections.revokedTokens.findOne({ _id: SENTINEL });
  const plans: MigrationPlan[] = [];
  if (schema !== null && schema.version > SCHEMA_VERSION) {
    return conflict(`The schema is at version ${schema.version}, which needs a newer rescind`);
  }
  if (schema === null || schema.version < oldest) {
    plans.push(step(`write schema version ${SCHEMA_VERSION}`, () => writeSchema(collections)));
  }
  if (sentinel?.epoch === undefined) {
    plans.push(schema === null ? firstSentinel(collections) : lostSentinel(collections));
  } else if (schema !== null && sentinel.epoch !== schema.epoch && !afterRestore) {
    const remedy = 'migrate_after_restore';
    plans.push({ conflicts: [{ message: DIFFERENT_EPOCHS, remedy }], steps: [] });
  }
  return merge(plans);
}

function firstSentinel(collections: Collections): MigrationPlan {
  return step('create the sentinel', () => createSentinel(collections, 2 * LOGIN_IN_FLIGHT));
}

function lostSentinel(collections: Collections): MigrationPlan {
  const description = 'create the sentinel anew (if keys were revoked: revoke them again)';
  return step(description, () => createSentinel(collections, LOST_CUTOFFS));
}

const DIFFERENT_EPOCHS =
  `The collections ${NAMES.revokedTokens} and ${NAMES.schema} have different epochs: they come from different databases or ` +
  'backups, or a migration with the option "afterRestore" was interrupted. If this is the right database, ' +
  'migrate it with the option "afterRestore", which refuses every token issued so far';

/** Writes the schema document. Takes the epoch from the sentinel if there is a sentinel. */
async function writeSchema({ schema, revokedTokens }: Collections): Promise<void> {
  const sentinel = await revokedTokens.findOne({ _id: SENTINEL });
  const epoch = sentinel?.epoch ?? randomUUID();
  await once(() =>
    schema.updateOne(
      { _id: 'rescind' },
      { $setOnInsert: { epoch }, $max: { version: SCHEMA_VERSION } },
      { upsert: true },
    ),
  );
}

/**
 * Writes a new sentinel whose cutoff is above the stamp of every existing token. So all existing tokens are refused,
 * including those whose revocation was lost.
 */
async function createSentinel(
  { revokedTokens, schema, sessions }: Collections,
  ahead: number,
): Promise<void> {
  const known = await schema.findOne({ _id: 'rescind' });
  if (known === null)
    throw new TypeError('The schema document has to be written before the sentinel');
  const [newest] = await sessions.find().sort({ stamp: -1 }).limit(1).toArray();
  const cutoff = { $max: ['$revoked_before', newest?.stamp ?? null, { $add: ['$$NOW', ahead] }] };
  const fields: Document = {
    kind: SENTINEL,
    epoch: { $literal: known.epoch },
    revoked_at: '$$NOW',
    revoked_before: cutoff,
    writes: 1,
    fenced_writes: 1,
  };
  const isIncomplete = { _id: SENTINEL, epoch: { $exists: false } };
  await once(() => revokedTokens.updateOne(isIncomplete, [{ $set: fields }], { upsert: true }));
}

/** Runs an upsert. Ignores an upsert race, because a concurrent migration has then written the document. */
async function once(write: () => Promise<unknown>): Promise<void> {
  await write().catch((error: unknown) => {
    if (!isUpsertRace(error)) throw error;
  });
}
