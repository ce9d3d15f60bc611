import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { type Auth, createAuth } from '../../../lib/auth.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import type { AuthOptions } from '../../../lib/options.ts';
import type { FollowerEvent } from '../../../lib/store/followers/events.ts';
import { MINUTE } from '../../../lib/time.ts';
import { generateClientSecret } from '../../../lib/tokens/client-secrets.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { authenticate } from '../../../lib/use-cases/authenticate.ts';
import { CALLER, PATIENT, testParts } from '../../helpers/auth.ts';
import { addClient } from '../../helpers/clients.ts';
import { migratedDatabase } from '../../helpers/database.ts';
import { followerDocument } from '../../helpers/followers.ts';
import { notedClient } from '../../helpers/noted-client.ts';
import type { Scope } from '../../helpers/scope.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';

const SECRET = generateSecret();
/** The lease of a follower that is gone, in milliseconds. */
const SILENT_LEASE = 500;

/** Opens an auth that follows, on a client of its own whose commands are noted. */
async function following(t: Scope, uri: string, others: Partial<AuthOptions> = {}) {
  const client = await notedClient(t, uri);
  const events: FollowerEvent[] = [];
  const options = {
    follow: 'auto',
    followerLease: 30_000, // longer than any pause of a busy machine
    onFollower: (event: FollowerEvent) => events.push(event),
  } as const;
  const auth = await createAuth({
    db: client.db,
    secrets: [SECRET],
    ...PATIENT,
    ...options,
    ...others,
  });
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

/** Returns the causes of the strict reads so far. */
function strictReads(events: readonly FollowerEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'strict_read' ? [event.cause] : []));
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
  t.is(b.auth.recall(token), principal);
  t.deepEqual(reads(b.asked), []);
  await a.auth.logout({ token }, CALLER);
  t.is(b.auth.recall(token), undefined);
  await t.throwsAsync(b.auth.authenticate({ token }, CALLER), { code: 'token_revoked' });
  const settled = a.events.filter(({ type }) => type === 'settled');
  t.like(settled, [{ followers: 2, reached: 2 }]);
});

test('ending all other sessions waits for the followers, even if none is left to end', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const { auth, events } = await following(t, uri);
  const [ended, token] = [await login(auth, email), await login(auth, email)];
  const other = await auth.authenticate({ token: ended }, CALLER);
  const principal = await auth.authenticate({ token }, CALLER);
  const marked = { $currentDate: { ended_at: true } } as const; // as by a refresh with a stolen token
  await collections.sessions.updateOne({ _id: other.sessionId }, marked);
  await collections.followers.insertOne(followerDocument({ _id: 'silent', lease: SILENT_LEASE }));
  t.deepEqual(await auth.sessions.endOthers({}, { ...CALLER, principal }), { ended: 0 });
  const [settled] = events.filter((event) => event.type === 'settled');
  t.true(settled !== undefined && settled.duration > 1.1 * SILENT_LEASE);
});

test('the logout of a known token makes no read before its write', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { id, email } = await addUser(collections);
  const { auth, asked } = await following(t, uri);
  const token = await login(auth, email);
  await auth.authenticate({ token }, CALLER);
  asked.length = 0;
  await auth.logout({ token }, CALLER);
  t.deepEqual(reads(asked), []);
  const event = await collections.auditEvents.findOne({ action: 'user_logout' });
  t.like(event, { user_id: id, details: { email } });
  await auth.logout({ token }, CALLER);
  t.not(reads(asked).length, 0, 'the second one knows nothing for certain');
});

test('a known token of a key that was revoked at another server logs nobody out', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const { auth } = await following(t, uri);
  const token = await login(auth, email);
  await auth.authenticate({ token }, CALLER);
  const parts = await testParts(t, { db, secrets: [SECRET] });
  const { kid } = parts.accessTokens.verify(token);
  const revoked = await parts.revocations.revokeKey({ kid, reason: 'test', revokedBy: 'test' });
  await parts.followers.settle(revoked);
  await t.throwsAsync(auth.logout({ token }, CALLER), { code: 'token_revoked' });
  t.is(await collections.revokedTokens.countDocuments({ kind: { $in: ['token', 'session'] } }), 0);
});

test('a change of a user is followed', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { id, email } = await addUser(collections, { roles: ['admin'] });
  const { auth, events } = await following(t, uri);
  const token = await login(auth, email);
  t.deepEqual((await auth.authenticate({ token }, CALLER)).user.roles, ['admin']);
  await collections.users.updateOne({ _id: id }, [{ $set: { roles: [] } }]);
  while ((await auth.authenticate({ token }, CALLER)).user.roles.length > 0) await setImmediate();
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: new Date() } });
  const refused = async () => {
    try {
      await auth.authenticate({ token }, CALLER);
      return false;
    } catch {
      return true;
    }
  };
  while (!(await refused())) await setImmediate();
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: null } });
  await t.notThrowsAsync(auth.authenticate({ token }, CALLER), 'a refusal is never remembered');
  t.true(events.some(({ type }) => type === 'renewed'));
});

test('recall returns undefined for everything that is not a known token, and never throws', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const { auth } = await following(t, uri);
  const token = await login(auth, email);
  t.is(auth.recall(token), undefined, 'it was not checked yet');
  const principal = await auth.authenticate({ token }, CALLER);
  t.is(auth.recall(token), principal);
  t.true(Object.isFrozen(principal), 'requests share it');
  const others = [
    `${token}=`,
    ` ${token}`,
    token.slice(1),
    '',
    'junk',
    7,
    null,
    undefined,
    {},
    [token],
  ];
  for (const other of [...others, Symbol('token'), Object.create(null)]) {
    t.is(auth.recall(other), undefined);
  }
  await auth.close();
  t.is(auth.recall(token), undefined, 'the auth is closed');
  await t.throwsAsync(auth.authenticate({ token }, CALLER), { code: 'store_unavailable' });
});

test('an expired token is not recalled', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  let now = Date.now();
  const { auth } = await following(t, uri, { clock: () => now });
  const token = await login(auth, email);
  await auth.authenticate({ token }, CALLER);
  now += 16 * MINUTE;
  t.is(auth.recall(token), undefined);
  await t.throwsAsync(auth.authenticate({ token }, CALLER)); // by its clock, or because the clock is far off
});

test('a server that does not follow recalls nothing', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const { auth } = await following(t, uri);
  const client = await notedClient(t, uri);
  const reading = await createAuth({ db: client.db, secrets: [SECRET], ...PATIENT, follow: 'off' });
  t.teardown(() => reading.close());
  const token = await login(auth, email);
  await reading.authenticate({ token }, CALLER);
  client.asked.length = 0;
  await reading.authenticate({ token }, CALLER);
  t.is(reading.recall(token), undefined);
  t.deepEqual(reads(client.asked), ['find revoked_tokens', 'find users']);
  await reading.logout({ token }, CALLER);
  t.is(auth.recall(token), undefined, 'a logout waits for those who follow');
});

test('the introspection of a known token by a known client makes no read, until it is revoked', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const { auth, asked } = await following(t, uri);
  const credentials = await addClient(collections);
  const token = await login(auth, email);
  const active = await auth.introspect({ credentials, token }, CALLER);
  t.is(active?.user.email, email);
  asked.length = 0;
  for (let use = 0; use < 20; use++) {
    t.deepEqual(await auth.introspect({ credentials, token }, CALLER), active);
  }
  t.deepEqual(
    asked.filter((command) => command.startsWith('find ')),
    [],
  );
  const wrong = { ...credentials, clientSecret: generateClientSecret() };
  await t.throwsAsync(auth.introspect({ credentials: wrong, token }, CALLER), {
    code: 'invalid_client',
  });
  await auth.logout({ token }, CALLER);
  t.is(await auth.introspect({ credentials, token }, CALLER), undefined);
});

test('a client that is deleted by hand is out with the event of the deletion, although it was read before', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { id, email } = await addUser(collections);
  const { auth } = await following(t, uri);
  const credentials = await addClient(collections);
  const token = await login(auth, email);
  await auth.revokeToken({ credentials, token: 'junk' }, CALLER); // reads the client strictly
  t.truthy(await auth.introspect({ credentials, token }, CALLER)); // reads it to remember it
  await auth.authenticate({ token }, CALLER);
  await collections.clients.deleteOne({ _id: credentials.clientId });
  const refused = { code: 'invalid_client' };
  await t.throwsAsync(auth.revokeToken({ credentials, token: 'junk' }, CALLER), refused);
  await collections.users.updateOne({ _id: id }, { $set: { name: 'Ann' } });
  while (auth.recall(token) !== undefined) await setImmediate(); // until this later event has arrived
  await t.throwsAsync(auth.introspect({ credentials, token }, CALLER), refused);
});

test('each strict read that decides a check is reported with its cause, and a recalled token is not', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const { id, email } = await addUser(collections);
  const { auth, events } = await following(t, uri);
  const token = await login(auth, email);
  for (let use = 0; use < 3; use++) await auth.authenticate({ token }, CALLER);
  t.deepEqual(strictReads(events), []);
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: new Date() } });
  const disabled = () =>
    auth.authenticate({ token }, CALLER).then(
      () => false,
      () => true,
    );
  while (!(await disabled())) await setImmediate();
  t.is(strictReads(events).at(-1), 'user');

  const asked: FollowerEvent[] = [];
  const onFollower = (event: FollowerEvent) => asked.push(event);
  const off = await createAuth({ db, secrets: [SECRET], ...PATIENT, onFollower });
  t.teardown(() => off.close());
  await t.throwsAsync(off.authenticate({ token }, CALLER), { code: 'invalid_token' });
  t.deepEqual(strictReads(asked), ['off']);
});

test('a check before the lease holds, or while the token changes, is decided by a strict read', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  const events: FollowerEvent[] = [];
  const onFollower = (event: FollowerEvent) => events.push(event);
  const parts = await testParts(t, { db, secrets: [SECRET], follow: 'auto', onFollower });
  const { auth } = await following(t, uri);
  const token = await login(auth, email);
  const changing = { ...parts.followers, holds: () => true, isUnchanged: () => false };
  const found = { slots: '', version: 0, kind: undefined };
  const user = await parts.users.find(parts.accessTokens.verify(token).userId);
  if (user === undefined) throw new Error('There is no user');
  const broken = {
    ...parts,
    followers: changing,
    revocations: { ...parts.revocations, checkFollowed: async () => found },
    users: { ...parts.users, findFollowed: async () => ({ user, slot: '', version: 0 }) },
  };
  await authenticate(broken, { token });
  const lapsed = { ...parts, followers: { ...changing, holds: () => false } };
  await authenticate(lapsed, { token });
  const unread = async () => {
    throw new StoreUnavailable('no answer');
  };
  const failing = { ...broken, users: { ...parts.users, findFollowed: unread } };
  await authenticate(failing, { token });
  t.deepEqual(strictReads(events), ['changed', 'no_lease', 'unread']);
});
