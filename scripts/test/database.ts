import type { Cleanups } from '../dev/cleanups.ts';
import { findMongod } from '../dev/mongod/find.ts';
import { startMongod } from '../dev/mongod/start.ts';
import { createReport } from '../dev/progress.ts';

// The TTL monitor runs every second, because no test waits for the default minute. Files of dropped databases are
// closed at once. By default they stay open for five minutes, and thousands of open files would end the mongod.
const mongodArgs = ['--setParameter', 'ttlMonitorSleepSecs=1']
  .concat('--setParameter', 'minSnapshotHistoryWindowInSeconds=0')
  .concat('--setParameter', 'enableTestCommands=1')
  .concat('--oplogSize', '64');

/** Starts a MongoDB, which a cleanup stops. Returns the environment variables by which the tests find it. */
export async function openTestDatabase(
  dataFolder: string,
  env: NodeJS.ProcessEnv,
  cleanups: Cleanups,
): Promise<NodeJS.ProcessEnv> {
  if (env['TEST_MONGODB_URI']) return {};
  const report = createReport(process.stderr);
  const binary = await findMongod(env, report);
  const starting = startMongod({ binary, dataFolder, args: mongodArgs });
  cleanups.add(async () => (await starting).stop());
  const { uri } = await report.step('Starting MongoDB', () => starting);
  return { TEST_MONGODB_URI: uri, MONGOD_BINARY: binary };
}
