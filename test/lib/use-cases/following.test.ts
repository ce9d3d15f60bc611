import test from 'ava';
import { type Auth, createAuth } from '../../../lib/auth.ts';
import type { FollowerEvent } from '../../../lib/store/followers/events.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { CALLER, PATIENT } from '../../helpers/auth.ts';
import { migratedDatabase } from '../../helpers/database.ts';
import { notedClient } from '../../helpers/noted-client.ts';
import type { Scope } from '../../helpers/scope.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';

const SECRET = generateSecret();

/** Opens an auth that follows, on a client of its own whose commands are noted. */
async function following(t: Scope, uri: string) {
  const client = await notedClient(t, uri);
  const events: FollowerEvent[] = [];
  const options = {
    follow: 'auto',
    followerLease: 30_000, // longer than any pause of a busy machine
    onFollower: (event: FollowerEvent) => events.push(event),
  } as const;
  const auth = await createAuth({ db: client.db, secrets: [SECRET], ...PATIENT, ...options });
  t.teardown(() => auth.close());
  if (!(await auth.follow(60_000))) throw new Error('The server does not follow');
  return { ...client, auth, events };
}

/** Returns the reads of a check among the commands. */
function reads(asked: readonly string[]): readonly string[] {
  return asked.filter((command) => /^find (?:revoked_tokens|users)$/.test(command));
}

async function login(auth: Auth, email: string): Promise<string> {
  return (await auth.login({ email, password: PASSWORD }, CALLER)).accessToken;
}

test('a known token costs no read, until it is revoked at another server', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const [a, b] = [await following(t, uri), await following(t, uri)];
  const token = await login(a.auth, email);
  const principal = await b.auth.authenticate({ token }, CALLER);
  b.asked.length = 0;
  for (let use = 0; use < 100; use++) {
    t.is(await b.auth.authenticate({ token }, CALLER), principal);
  }
  t.deepEqual(reads(b.asked), []);
  await a.auth.logout({ token }, CALLER);
  await t.throwsAsync(b.auth.authenticate({ token }, CALLER), { code: 'token_revoked' });
  const settled = a.events.filter(({ type }) => type === 'settled');
  t.like(settled, [{ followers: 2, reached: 2 }]);
});

test('a change of a user is followed', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { id, email } = await addUser(collections, { roles: ['admin'] });
  const { auth, events } = await following(t, uri);
  const token = await login(auth, email);
  t.deepEqual((await auth.authenticate({ token }, CALLER)).user.roles, ['admin']);
  await collections.users.updateOne({ _id: id }, [{ $set: { roles: [] } }]);
  while ((await auth.authenticate({ token }, CALLER)).user.roles.length > 0);
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: new Date() } });
  const refused = async () => {
    try {
      await auth.authenticate({ token }, CALLER);
      return false;
    } catch {
      return true;
    }
  };
  while (!(await refused()));
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: null } });
  await t.notThrowsAsync(auth.authenticate({ token }, CALLER), 'a refusal is never remembered');
  t.true(events.some(({ type }) => type === 'renewed'));
});
