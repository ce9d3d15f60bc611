import type { Cleanups } from '../dev/cleanups.ts';
import { findMongod } from '../dev/mongod/find.ts';
import { startMongod } from '../dev/mongod/start.ts';
import { createReport } from '../dev/progress.ts';

// The TTL monitor sleeps a minute by default, longer than any test waits. Dropped databases leave their files
// for five minutes by default: thousands of open files, which end the mongod.
const mongodArgs = ['--setParameter', 'ttlMonitorSleepSecs=1']
  .concat('--setParameter', 'minSnapshotHistoryWindowInSeconds=0')
  .concat('--setParameter', 'enableTestCommands=1')
  .concat('--oplogSize', '64');

/** Gives the tests a MongoDB until the cleanups are run, and returns what their environment says of it. */
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
