import type { Collections } from '../../lib/store/collections.ts';
import type { Db } from '../../lib/store/database.ts';
import type { User } from '../../lib/store/users.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { ageDeployment } from './database.ts';
import type { Scope } from './scope.ts';
import { logIn, type TestServer, testServer } from './server.ts';
import { snapshot } from './snapshot.ts';
import { addUser } from './users.ts';

export interface AdminServer extends TestServer {
  readonly admin: User;
  /** The token of the admin. */
  readonly token: string;
}

/** A server on a database that looks an hour old, and an admin who has logged in to it. */
export async function adminServer(
  t: Scope,
  environment: Record<string, string> = {},
): Promise<AdminServer> {
  const server = await testServer(t, environment);
  await ageDeployment(server.collections);
  const admin = await addUser(server.collections, { roles: ['admin'] });
  return { ...server, admin, token: await logIn(server.url, admin.email) };
}

/** All that requests may change: not what servers count of their own, whenever they come to write it. */
export async function snapshotWithoutCounts(db: Db): Promise<readonly string[]> {
  const lines = await snapshot(db);
  return lines.filter((line) => !line.startsWith('daily_counts document'));
}

/** Waits until a session that has ended is marked so: no answer waits for that. */
export async function untilMarked({ sessions }: Collections): Promise<void> {
  const count = () => sessions.countDocuments({ ended_at: { $exists: true } });
  await waitFor('An ended session', async () => (await count()) > 0);
}
