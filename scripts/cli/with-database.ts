import { isReady } from '../../lib/store/migrations/migrate.ts';
import {
  type Connection,
  connect,
  type Db,
  orUnavailable,
} from '../../lib/store/mongo/database.ts';
import { HOUR } from '../../lib/time.ts';
import { withAdvice } from '../../server/advice.ts';
import { type DatabaseConfig, parseDatabaseConfig } from '../../server/config/config.ts';
import { readEnvironment } from '../../server/config/env.ts';
import { misspelledSettings, overriddenOptions } from '../../server/config/warnings.ts';

/**
 * Connects to the configured database, runs the work, and closes the connection. Each MongoDB command may take up
 * to an hour, e.g. to build an index over a large collection.
 */
export async function withDatabase<T>(
  work: (db: Connection['db'], config: DatabaseConfig) => Promise<T>,
): Promise<T> {
  const environment = readEnvironment(process.cwd(), process.env);
  const config = parseDatabaseConfig(environment);
  const connection = connect(config.MONGODB_URI, {
    appName: 'rescind-cli',
    commandTimeout: HOUR,
    maxPoolSize: config.MONGODB_POOL_SIZE,
  });
  warn([...misspelledSettings(environment), ...overriddenOptions(connection)]);
  try {
    return await work(connection.db, config);
  } finally {
    await connection.close();
  }
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
}

/**
 * Throws an error, created by `refusal`, if the collection is not migrated. Without the validator and the indexes, the
 * collection would accept invalid and duplicate documents.
 */
export async function assertReady(
  db: Db,
  collection: Parameters<typeof isReady>[1],
  refusal: (message: string) => Error,
): Promise<void> {
  if (await orUnavailable(isReady(db, collection))) return;
  throw refusal(withAdvice({ message: 'The database is not migrated', remedy: 'migrate' }));
}
