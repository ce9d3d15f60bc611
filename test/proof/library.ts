import { HOUR, MINUTE } from '../../lib/time.ts';
import type { User } from '../../lib/user.ts';
import { grantSession, testParts } from '../helpers/auth.ts';
import { ageDeployment, migrateNow, openDatabase } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { nameTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import type { Operation } from './history.ts';
import { type ClientSession, openClientSession } from './requests.ts';

/** Options of every library. The deadline is long: no verdict depends on the load of the machine. */
export const OPTIONS = {
  deadline: MINUTE,
  accessTokenTtl: 2 * HOUR,
  refreshGrace: 10 * MINUTE,
  maxSessions: 1_000,
  bcryptCost: 10,
} as const;

/** The servers' own parts in this process: opens sessions in advance without bcrypt. */
export type Library = Awaited<ReturnType<typeof openLibrary>>;

/** Migrates the database and opens a library on it, with the secret of the servers. */
export async function openLibrary(scope: Scope, uri: string, secret: string) {
  const { db, collections } = openDatabase(scope, uri);
  await migrateNow(db);
  const parts = await testParts(scope, { db, secrets: [secret], ...OPTIONS });
  await ageDeployment(collections);
  return { parts, collections };
}

/** Opens so many sessions for each of so many new users, and records each as a login. */
export async function openSessions(
  { parts, collections }: Library,
  history: Operation[],
  { users, each }: { readonly users: number; readonly each: number },
): Promise<ClientSession[]> {
  const added = await Promise.all(Array.from({ length: users }, () => addUser(collections)));
  return Promise.all(added.flatMap((user) => Array.from({ length: each }, () => openOne(user))));

  async function openOne(user: User): Promise<ClientSession> {
    const start = performance.now();
    const session = openClientSession(user, nameTokens(await grantSession(parts, user.id)));
    const names = { client: 'library', server: 'library', user: user.id };
    const answer = { status: 200, session: session.id };
    history.push({ kind: 'login', ...names, start, end: performance.now(), answer });
    return session;
  }
}
