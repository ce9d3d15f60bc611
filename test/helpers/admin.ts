import type { Collections } from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { ageDeployment } from './database.ts';
import type { Scope } from './scope.ts';
import { logIn, testServer } from './server.ts';
import { snapshot } from './snapshot.ts';
import { addUser } from './users.ts';

/** Starts a server on a database with data as after an hour of use, and logs in an admin, whose token it returns. */
export async function adminServer(t: Scope, environment: Record<string, string> = {}) {
  const server = await testServer(t, environment);
  await ageDeployment(server.collections);
  const admin = await addUser(server.collections, { roles: ['admin'] });
  return { ...server, admin, token: await logIn(server.url, admin.email) };
}

/** Takes a snapshot without the counters that servers flush at their own times. */
export async function snapshotWithoutCounts(db: Db): Promise<readonly string[]> {
  const lines = await snapshot(db);
  return lines.filter((line) => !line.startsWith('daily_counts document'));
}

/** Waits until an ended session is marked, which happens after the answer. */
export async function untilMarked({ sessions }: Collections): Promise<void> {
  const count = () => sessions.countDocuments({ ended_at: { $exists: true } });
  await waitFor('An ended session', async () => (await count()) > 0);
}
