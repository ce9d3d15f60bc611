import type { ExecutionContext } from 'ava';
import { sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { openSession, type Tokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** Starts a server of the test's own, with one user. */
export async function openFixture(t: ExecutionContext, environment: Record<string, string> = {}) {
  return enter(await testServer(t, environment));
}

/** Adds a user to the server, with the requests of that user. */
export async function enter(server: TestServer) {
  const { url, collections } = server;
  const { email, id: userId } = await addUser(collections);
  const path = `${url}/api/auth/sessions`;
  return {
    ...server,
    email,
    userId,
    open: (headers?: Record<string, string>) => openSession(url, email, headers),
    list: async ({ access }: Tokens) => (await sendAs(access, path)).body.sessions,
    end: ({ access }: Tokens, id: string) => sendAs(access, `${path}/${id}`, 'DELETE'),
    endOthers: ({ access }: Tokens) => sendAs(access, `${path}/revoke-others`, 'POST'),
    listIds: async ({ access }: Tokens): Promise<string[]> =>
      (await sendAs(access, path)).body.sessions.map(({ id }: { id: string }) => id),
  };
}

export type Fixture = Awaited<ReturnType<typeof openFixture>>;
