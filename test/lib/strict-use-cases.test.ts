import test from 'ava';
import { createAuth } from '../../lib/auth.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { CALLER, PATIENT } from '../helpers/auth.ts';
import { addClient } from '../helpers/clients.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { answering } from '../helpers/deployment-answers.ts';
import { notedClient } from '../helpers/noted-client.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** The collections on whose documents decisions rest. */
const DECIDING: ReadonlySet<string> = new Set([
  'revoked_tokens',
  'users',
  'sessions',
  'clients',
  'schema',
]);

/** Opens a library on a set of one node that says that three members vote, and notes the level of each read. */
async function openNoted(t: Parameters<typeof migratedDatabase>[0]) {
  const { uri, collections } = await migratedDatabase(t);
  const { db } = await notedClient(t, uri);
  const reads = new Set<string>();
  db.client.on('commandStarted', ({ commandName, command }) => {
    const isRead = commandName === 'find' || commandName === 'aggregate';
    if (command['pipeline']?.some((stage: object) => '$group' in stage)) return; // a count
    const collection = command[commandName];
    if (!isRead || !DECIDING.has(collection)) return;
    reads.add(`${collection} ${command['readConcern']?.level}`);
  });
  const members = [1, 2, 3].map((_id) => ({ _id, votes: 1 }));
  const set = answering(db, { replSetGetConfig: { ok: 1, config: { members } } });
  const auth = await createAuth({ db: set, secrets: [generateSecret()], ...PATIENT });
  t.teardown(() => auth.close());
  return { auth, collections, reads };
}

test('where several members vote every use case reads linearizably what it decides by', async (t) => {
  const { auth, collections, reads } = await openNoted(t);
  const { id, email } = await addUser(collections);
  const credentials = await addClient(collections);
  t.true((await auth.checkHealth()).ok);
  const { accessToken: token, refreshToken } = await auth.login(
    { email, password: PASSWORD },
    CALLER,
  );
  const principal = await auth.authenticate({ token }, CALLER);
  const caller = { ...CALLER, principal };
  t.truthy(await auth.introspect({ credentials, token }, CALLER));
  await auth.refresh({ refreshToken }, CALLER);
  await auth.sessions.list({}, caller);
  await auth.sessions.endOthers({}, caller);
  const passwords = { currentPassword: PASSWORD, newPassword: 'another battery horse' };
  const changed = await auth.changePassword(passwords, caller);
  await auth.logout({ token: changed.accessToken }, CALLER);
  await auth.admin.revokeUserTokens({ userId: id }, caller);
  await auth.admin.revokeEveryone({}, caller);
  t.deepEqual([...reads].sort(), [
    'clients linearizable',
    'revoked_tokens linearizable',
    'schema linearizable',
    'sessions linearizable',
    'users linearizable',
  ]);
});
