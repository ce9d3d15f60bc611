import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { type Remedy, StoreNotReady } from '../../errors.ts';
import { SECOND } from '../../time.ts';
import type { CollectionSpec, IndexSpec } from '../mongo/collection-specs.ts';
import { DURABLE } from '../mongo/database.ts';
import { duplicatesIn } from '../mongo/duplicate-keys.ts';
import { isSameKey } from '../mongo/read-indexes.ts';
import { ELSEWHERE, foreignTraits } from './foreign-data.ts';
import {
  deletingIndexes,
  describeRefusal,
  dropAdvice,
  refusingIndexes,
} from './refusing-indexes.ts';

/** One change to the database. Several processes may apply it, each of them repeatedly. */
export interface MigrationStep {
  readonly description: string;
  apply(): Promise<unknown>;
}

/** A fault, described in a sentence. `remedy` is a code that the application may map to a command of its own. */
export interface Finding {
  readonly message: string;
  readonly remedy?: Remedy | undefined;
}

/** The steps of a migration, and its conflicts. A plan with conflicts must not be applied. */
export interface MigrationPlan {
  readonly conflicts: readonly Finding[];
  readonly steps: readonly MigrationStep[];
}

/**
 * Compares one collection, its validator and its indexes with their specification. Changes nothing. `isKnown` is false
 * for a database that was never migrated, whose documents may belong to another application.
 */
export async function planCollection(
  db: Db,
  spec: CollectionSpec,
  isKnown: boolean,
): Promise<MigrationPlan> {
  const [found] = await db.listCollections({ name: spec.name }).toArray();
  if (found === undefined) return merge([planCreation(db, spec), planIndexes(db, spec, [])]);
  const options: Document = ('options' in found && found.options) || {};
  if (found.type !== 'collection' || options['clusteredIndex'] || options['capped']) {
    return conflict(
      `${spec.name} is not a plain collection. Move it away, then migrate again. ${ELSEWHERE}`,
    );
  }
  const present = await db.collection(spec.name).listIndexes().toArray();
  return merge([
    conflict(...(await foreignTraits(db, spec, options, isKnown))),
    planValidator(db, spec, options),
    planIndexes(db, spec, present),
  ]);
}

/** Merges several plans into one, in their order. */
export function merge(plans: readonly MigrationPlan[]): MigrationPlan {
  return {
    conflicts: plans.flatMap(({ conflicts }) => conflicts),
    steps: plans.flatMap(({ steps }) => steps),
  };
}

export function conflict(...sentences: readonly string[]): MigrationPlan {
  return { conflicts: sentences.map((message) => ({ message })), steps: [] };
}

export function step(description: string, apply: () => Promise<unknown>): MigrationPlan {
  return { conflicts: [], steps: [{ description, apply }] };
}

const NOTHING: MigrationPlan = { conflicts: [], steps: [] };
const NAMESPACE_EXISTS = 48;

function planCreation(db: Db, spec: CollectionSpec): MigrationPlan {
  const { name, validator } = spec;
  return step(`create collection ${name} with its validator`, () =>
    db.createCollection(name, { validator }).catch((error: unknown) => {
      if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
      return adopt(db, spec);
    }),
  );
}

/** Takes over a collection that another `migrate` or a running server has created since the plan was made. */
async function adopt(db: Db, spec: CollectionSpec): Promise<void> {
  const [found] = await db.listCollections({ name: spec.name }).toArray();
  const options: Document = (found && 'options' in found && found.options) || {};
  const [trait] = await foreignTraits(db, spec, options, true);
  if (trait !== undefined) throw new StoreNotReady('migrate', `A conflict appeared: ${trait}`);
  for (const { apply } of planValidator(db, spec, options).steps) await apply();
}

function planValidator(
  db: Db,
  { name, validator }: CollectionSpec,
  options: Document,
): MigrationPlan {
  const strict =
    (options['validationLevel'] ?? 'strict') === 'strict' &&
    (options['validationAction'] ?? 'error') === 'error';
  if (strict && isDeepStrictEqual(options['validator'], validator)) return NOTHING;
  return step(`set the validator of ${name}`, () => setValidator(db, name, validator));
}

function setValidator(db: Db, name: string, validator: Document): Promise<Document> {
  return modify(db, {
    collMod: name,
    validator,
    validationLevel: 'strict',
    validationAction: 'error',
  });
}

function planIndexes(db: Db, spec: CollectionSpec, present: readonly Document[]): MigrationPlan {
  const harmless = present.filter((index) => describeRefusal(spec, index) === undefined);
  const wanted = spec.indexes.map((index) => planIndex(db, spec.name, index, present));
  const harmful = [...refusingIndexes(spec, present), ...deletingIndexes(spec, harmless)];
  return merge([...wanted, conflict(...harmful)]);
}

function planIndex(
  db: Db,
  collection: string,
  index: IndexSpec,
  present: readonly Document[],
): MigrationPlan {
  const same = present.filter(({ key }) => isSameKey(key, index.key));
  if (same.length > 0) return merge(same.map((found) => planChange(db, collection, index, found)));
  const name = Object.entries(index.key).flat().join('_');
  if (present.some((other) => other['name'] === name)) {
    return conflict(
      `${collection} has an index named ${name} on other fields. ${dropAdvice(collection, name)}`,
    );
  }
  return step(`create index ${name} on ${collection}${describe(index.options)}`, () =>
    db
      .collection(collection)
      .createIndex(index.key, { ...index.options, name })
      .catch((error: unknown) => {
        if (duplicatesIn(error).length === 0) throw error;
        throw new StoreNotReady(
          'migrate',
          `${collection} has duplicates, so the index ${name} cannot be created. Migrate again to list them`,
        );
      }),
  );
}

function planChange(db: Db, collection: string, index: IndexSpec, found: Document): MigrationPlan {
  const fault = describeFault(index, found);
  if (fault !== undefined) {
    const name = String(found['name']);
    return conflict(`The index ${name} of ${collection} ${fault}. ${dropAdvice(collection, name)}`);
  }
  const { expireAfterSeconds } = index.options;
  if (expireAfterSeconds === undefined) return NOTHING; // a TTL on `found` is reported by deletingIndexes
  return found['expireAfterSeconds'] === expireAfterSeconds
    ? NOTHING
    : planTtl(db, collection, index, found);
}

/** Returns a phrase for an option that defeats the purpose of the index and cannot be changed in place. */
function describeFault({ options }: IndexSpec, found: Document): string | undefined {
  const partial = ['partialFilterExpression', 'sparse', 'collation'].find((name) => found[name]);
  if (partial !== undefined) return `has ${partial}`;
  const unique = options.unique ?? false;
  if ((found['unique'] ?? false) !== unique) return unique ? 'is not unique' : 'is unique';
  return undefined;
}

function planTtl(db: Db, collection: string, index: IndexSpec, same: Document): MigrationPlan {
  const { expireAfterSeconds } = index.options;
  const change = `from ${same['expireAfterSeconds'] ?? 'none'} to ${expireAfterSeconds} s`;
  return step(`change the TTL of ${same['name']} on ${collection} ${change}`, () =>
    modify(db, { collMod: collection, index: { keyPattern: index.key, expireAfterSeconds } }),
  );
}

function describe({ unique, expireAfterSeconds }: IndexSpec['options']): string {
  if (unique) return ' (unique)';
  return expireAfterSeconds === undefined ? '' : ` (TTL, ${expireAfterSeconds} s)`;
}

const BACKGROUND_OPERATION_IN_PROGRESS = 12587;
const RETRY_AFTER = SECOND / 4;

/** Runs collMod. Retries while an index of the collection is being built, because MongoDB refuses collMod meanwhile. */
async function modify(db: Db, collMod: Document): Promise<Document> {
  for (;;) {
    try {
      return await db.command({ ...collMod, writeConcern: commandConcern() });
    } catch (error) {
      if (!hasCode(error, BACKGROUND_OPERATION_IN_PROGRESS)) throw error;
      await pause(RETRY_AFTER);
    }
  }
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function commandConcern() {
  return { w: DURABLE.w, j: DURABLE.j, wtimeout: DURABLE.wtimeoutMS };
}
