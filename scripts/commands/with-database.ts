import { type Connection, connect } from '../../lib/store/database.ts';
import { HOUR } from '../../lib/time.ts';
import { type DatabaseConfig, parseDatabaseConfig } from '../../server/config.ts';
import { readEnvironment } from '../../server/environment.ts';

/**
 * Runs the work on the configured database and closes the connection, however it ends. A
 * command may take an hour: building an index over a large collection is no request.
 */
export async function withDatabase<T>(
  work: (db: Connection['db'], config: DatabaseConfig) => Promise<T>,
): Promise<T> {
  const config = parseDatabaseConfig(readEnvironment(process.cwd(), process.env));
  const connection = connect(config.MONGODB_URI, {
    appName: 'rescind-cli',
    commandTimeout: HOUR,
    maxPoolSize: config.MONGODB_POOL_SIZE,
  });
  try {
    return await work(connection.db, config);
  } finally {
    await connection.close();
  }
}
