import { randomUUID } from 'node:crypto';
import { ConnectionString } from 'mongodb-connection-string-url';
import { migrate, planMigration } from '../../lib/store/migrations/migrate.ts';
import { findSpec } from '../../lib/store/mongo/collection-specs.ts';
import { type Collections, NAMES, openCollections } from '../../lib/store/mongo/collections.ts';
import { connect, type Db } from '../../lib/store/mongo/database.ts';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import type { Scope } from './scope.ts';

export type TestDatabase = ReturnType<typeof emptyDatabase>;

/** Returns the URI of a database of this name on the mongod that `npm test` started. */
export function testUri(name = `rescind_test_${randomUUID()}`): string {
  const server = process.env['TEST_MONGODB_URI'];
  if (server === undefined)
    throw new Error('TEST_MONGODB_URI is missing: run the tests by `npm test`');
  const uri = new ConnectionString(server);
  uri.pathname = `/${name}`;
  return uri.href;
}

/** Connects to a database as a server does, by default with a long deadline; the connection ends with the test. */
export function openDatabase(
  t: Scope,
  uri: string,
  options: Parameters<typeof connect>[1] = { deadline: MINUTE },
) {
  const { db, close } = connect(uri, options);
  t.teardown(close);
  return { uri, db, collections: openCollections(db) };
}

/** Opens an empty database of the test's own, dropped when the test ends. */
export function emptyDatabase(t: Scope) {
  const database = openDatabase(t, testUri());
  t.teardown(() => database.db.dropDatabase());
  return database;
}

/** Opens a migrated database of the test's own, dropped when the test ends. */
export async function migratedDatabase(t: Scope): Promise<TestDatabase> {
  const database = emptyDatabase(t);
  await migrateNow(database.db);
  return database;
}

/** Opens a database as the version before made it, whose schema is 3; dropped when the test ends. */
export async function schema3Database(t: Scope): Promise<TestDatabase> {
  const database = await migratedDatabase(t);
  const { db, collections } = database;
  const { $jsonSchema } = findSpec(NAMES.revokedTokens).validator;
  await db.command({ collMod: NAMES.revokedTokens, validator: { $jsonSchema } });
  await collections.revokedTokens.updateMany({}, { $unset: { fenced_writes: 1 } });
  await collections.followers.drop();
  await collections.schema.updateOne({}, { $set: { version: 3 } });
  return database;
}

/** Migrates a database, as `npm run migrate` does. */
export async function migrateNow(db: Db): Promise<void> {
  await migrate(await planMigration(db, { auditRetention: 400 * DAY }), () => undefined);
}

/**
 * Sets back the migration of the database by an hour. A new database has a cutoff 20 minutes ahead of the clock: all
 * stamps would be that cutoff plus one, and neither `$$NOW` nor the 10 minutes would matter.
 */
export async function ageDeployment({ revokedTokens }: Collections): Promise<void> {
  const update = { $set: { revoked_before: new Date(Date.now() - HOUR) } };
  await revokedTokens.updateOne({ _id: 'deployment' }, update);
}
