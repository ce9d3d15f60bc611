/** A deployment with everything in it that a lost `revoked_tokens` could bring back. */
import type { ExecutionContext } from 'ava';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { ageDeployment } from '../helpers/database.ts';
import { toOutcome } from '../helpers/refusals.ts';
import { sendAs, testServer } from '../helpers/server.ts';
import { openSession, type Tokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

export async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const { url, collections } = server;
  await ageDeployment(collections);
  const client = await addClient(collections);
  const user = await addUser(collections, { roles: ['admin'] });
  const other = await addUser(collections);
  const loggedOut = await openSession(url, user.email);
  const ofOther = await openSession(url, other.email);
  const byClient = await openSession(url, user.email);
  const answers = [
    await sendAs(loggedOut.access, `${url}/api/auth/logout`, 'POST'),
    await sendAs(ofOther.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    await postForm(`${url}/oauth/revoke`, { token: byClient.refresh }, basic(client)),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  /** Tokens of an admin that are never revoked. */
  const living = await openSession(url, user.email);
  return { ...server, user, client, living, revoked: [loggedOut, ofOther, byClient] };
}

export async function me(url: string, { access }: Pick<Tokens, 'access'>): Promise<string> {
  return toOutcome(await sendAs(access, `${url}/api/auth/me`));
}
