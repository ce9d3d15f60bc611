import { grantSession, testParts } from '../../helpers/auth.ts';
import { addClient } from '../../helpers/clients.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';

/** The asker, who is an admin; another user; a service. */
export type World = Awaited<ReturnType<Awaited<ReturnType<typeof createWorlds>>>>;

/** Makes worlds on a database: sessions as a login opens them, without the time that a password takes. */
export async function createWorlds(t: Scope, { db, collections }: TestDatabase, secret: string) {
  const parts = await testParts(t, { db, secrets: [secret] });

  async function openSession(userId: string): Promise<Tokens> {
    const { accessToken, refreshToken } = await grantSession(parts, userId);
    const [, , sessionId = ''] = refreshToken.split('.');
    return { access: accessToken, refresh: refreshToken, sessionId };
  }

  /** Adds a user with two sessions. */
  async function addPerson(roles: readonly string[]) {
    const { id, email } = await addUser(collections, { roles });
    const [tokens, second] = await Promise.all([openSession(id), openSession(id)]);
    return { id, email, tokens, second };
  }

  return async function openWorld() {
    const [asker, other, client] = await Promise.all([
      addPerson(['admin']),
      addPerson([]),
      addClient(collections),
    ]);
    return { asker, other, client, collections };
  };
}
