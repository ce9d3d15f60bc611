import { type Connection, connect } from '../../lib/store/database.ts';
import { HOUR } from '../../lib/time.ts';
import { type DatabaseConfig, parseDatabaseConfig } from '../../server/config.ts';
import { readEnvironment } from '../../server/environment.ts';
import { misspelledSettings } from '../../server/misspelled-settings.ts';
import { overriddenOptions } from '../../server/overridden-options.ts';

/**
 * Runs the work on the configured database and closes the connection, however it ends. A
 * command may take an hour: building an index over a large collection is no request.
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
