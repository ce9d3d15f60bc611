import type { ExecutionContext } from 'ava';
import { ageDeployment } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { toOutcome } from '../helpers/refusals.ts';
import { logIn, sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { openSession } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** Starts a server, with a user of two sessions. The command knows nothing of the server but its database. */
export async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections, { companyId: 'acme' });
  const {
    access: token,
    refresh: refreshToken,
    sessionId,
  } = await openSession(server.url, user.email);
  const other = await logIn(server.url, user.email);
  return { ...server, user, token, refreshToken, sessionId, other };
}

/** Runs `rescind revoke` on the server's database. */
export function revoke(
  t: ExecutionContext,
  { uri }: TestServer,
  args: readonly string[],
  input = '',
) {
  return rescind(t, ['revoke', ...args], { env: { MONGODB_URI: uri }, input });
}

/** Returns the outcome of `GET /api/auth/me` with this token. */
export const me = async (url: string, token: string) =>
  toOutcome(await sendAs(token, `${url}/api/auth/me`));
