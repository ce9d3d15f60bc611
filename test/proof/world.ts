import type { AuthParts } from '../../lib/parts.ts';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import { grantSession, testParts } from '../helpers/auth.ts';
import { addClient } from '../helpers/clients.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { nameTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** The asker, who is an admin; another user; a service. */
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Makes worlds on a database. */
export async function createWorlds(t: Scope, { db, collections }: TestDatabase, secret: string) {
  const parts = await testParts(t, { db, secrets: [secret] });
  return () => openWorld(parts, collections);
}

/** Opens a world: sessions as a login opens them, without the time that a password takes. */
export async function openWorld(parts: AuthParts, collections: Collections) {
  const openSession = async (userId: string) => nameTokens(await grantSession(parts, userId));

  /** Adds a user with two sessions. */
  async function addPerson(roles: readonly string[]) {
    const { id, email } = await addUser(collections, { roles });
    const [tokens, second] = await Promise.all([openSession(id), openSession(id)]);
    return { id, email, tokens, second };
  }

  const [asker, other, client] = await Promise.all([
    addPerson(['admin']),
    addPerson([]),
    addClient(collections),
  ]);
  return { asker, other, client, collections };
}
