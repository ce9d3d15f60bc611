import { type Connection, connect } from '../../lib/store/database.ts';
import { type DatabaseConfig, parseDatabaseConfig } from '../../server/config.ts';
import { readEnvironment } from '../../server/environment.ts';

/**
 * Runs the work on the configured database and closes the connection, however it ends. Building an
 * index takes as long as it takes: no command has a limit.
 */
export async function withDatabase<T>(
  work: (db: Connection['db'], config: DatabaseConfig) => Promise<T>,
): Promise<T> {
  const config = parseDatabaseConfig(readEnvironment(process.cwd(), process.env));
  const connection = connect(config.MONGODB_URI, { appName: 'rescind-cli', commandTimeout: 0 });
  try {
    return await work(connection.db, config);
  } finally {
    await connection.close();
  }
}
