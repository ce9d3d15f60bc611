import test, { type ExecutionContext } from 'ava';
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../../lib/errors.ts';
import type { AuthParts } from '../../../lib/parts.ts';
import { createPasswords } from '../../../lib/passwords/passwords.ts';
import { HOUR } from '../../../lib/time.ts';
import { login as loginStory } from '../../../lib/use-cases/login.ts';
import type { User } from '../../../lib/user.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { CALLER } from '../../helpers/auth.ts';
import { bind } from '../../helpers/bind.ts';
import { isAccepted, openTwoServers, type TwoServers } from '../../helpers/two-servers.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';

const refused = { instanceOf: AuthError, code: 'invalid_credentials' } as const;

/** A login in which something happens to the user each time its password is being checked. */
function loginDuring(parts: AuthParts, happen: (check: number) => Promise<unknown>) {
  let checks = 0;
  const passwords = {
    ...parts.passwords,
    async check(password: string, hash: string | undefined) {
      await happen(++checks);
      return parts.passwords.check(password, hash);
    },
  };
  return { login: bind(loginStory, { ...parts, passwords }), checks: () => checks };
}

async function readLastReason({ collections }: TwoServers) {
  const [event] = await collections.auditEvents
    .find({ action: 'login_failed' })
    .sort({ at: -1 })
    .toArray();
  return event?.details['reason'];
}

async function setUp(t: ExecutionContext) {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const set = (fields: object) =>
    servers.collections.users.updateOne({ _id: user.id }, { $set: fields });
  return { servers, user, set, input: { email: user.email, password: PASSWORD } };
}

async function readHash({ collections }: TwoServers, { id }: User): Promise<string> {
  return (await collections.users.findOne({ _id: id }))?.password_hash ?? '';
}

test('a login whose hash changes meanwhile starts over once, and works with the new hash', async (t) => {
  const { servers, set, input } = await setUp(t);
  const rehashed = hashSync(PASSWORD, 10);
  const { login, checks } = loginDuring(servers.here, async (check) => {
    if (check === 1) await set({ password_hash: rehashed });
  });
  const { accessToken } = await login(input, CALLER);
  t.true(await isAccepted(servers.there, accessToken));
  t.is(checks(), 2);
});

test('a login whose hash changes again and again is refused after the second check', async (t) => {
  const { servers, set, input } = await setUp(t);
  const { login, checks } = loginDuring(servers.here, () =>
    set({ password_hash: hashSync(PASSWORD, 10) }),
  );
  await t.throwsAsync(login(input, CALLER), refused);
  t.is(checks(), 2);
  t.is(await readLastReason(servers), 'changed');
});

test('a user who is disabled while the password is being checked is refused', async (t) => {
  const { servers, set, input } = await setUp(t);
  const { login } = loginDuring(servers.here, () => set({ disabled_at: new Date() }));
  await t.throwsAsync(login(input, CALLER), refused);
  t.is(await readLastReason(servers), 'disabled');
});

test('a user who is deleted while the password is being checked is refused', async (t) => {
  const { servers, user, input } = await setUp(t);
  const { login } = loginDuring(servers.here, () =>
    servers.collections.users.deleteOne({ _id: user.id }),
  );
  await t.throwsAsync(login(input, CALLER), refused);
});

test('a disabled user is refused with the right password, as with a wrong one', async (t) => {
  const { servers, set, input } = await setUp(t);
  await set({ disabled_at: new Date() });
  const login = bind(loginStory, servers.here);
  await t.throwsAsync(login(input, CALLER), refused);
  await t.throwsAsync(login({ ...input, password: 'wrong' }, CALLER), refused);
});

test('a stored hash outside cost 10 to 14 is refused, and the audit trail has the reason', async (t) => {
  const { servers, set, input } = await setUp(t);
  await set({ password_hash: hashSync(PASSWORD, 9) });
  await t.throwsAsync(loginStory(servers.here, input, CALLER), refused);
  t.is(await readLastReason(servers), 'unusable_hash');
});

test('after a login the password is hashed anew when the cost has risen', async (t) => {
  const { servers, user, input } = await setUp(t);
  const passwords = createPasswords({ bcryptCost: 11, bcryptThreads: 1, timeout: HOUR });
  t.teardown(() => passwords.close());
  const login = bind(loginStory, { ...servers.here, passwords });
  const first = await login(input, CALLER);
  const hash = await waitFor('A hash of cost 11', async () => {
    const stored = await readHash(servers, user);
    return stored.startsWith('$2b$11$') && stored;
  });
  await login(input, CALLER);
  t.is(await readHash(servers, user), hash);
  t.true(await isAccepted(servers.there, first.accessToken));
});

test('hashing anew never overwrites a password that was changed meanwhile', async (t) => {
  const { servers, user, set, input } = await setUp(t);
  const changed = hashSync('another password', 10);
  const passwords = {
    ...servers.here.passwords,
    isOutdated: () => true,
    async hash(password: string) {
      await set({ password_hash: changed });
      return servers.here.passwords.hash(password);
    },
  };
  const renewed = new Promise<boolean>((resolve) => {
    const users = {
      ...servers.here.users,
      async replaceHash(id: string, oldHash: string, newHash: string) {
        const replaced = await servers.here.users.replaceHash(id, oldHash, newHash);
        resolve(replaced);
        return replaced;
      },
    };
    t.notThrowsAsync(bind(loginStory, { ...servers.here, users, passwords })(input, CALLER));
  });
  t.false(await renewed);
  t.is(await readHash(servers, user), changed);
});

test('a login that is turned away as busy is no failure', async (t) => {
  const { servers, input } = await setUp(t);
  const busy = new AuthError('busy', 'Too many', { retryAfter: 1_000 });
  const { login } = loginDuring(servers.here, () => Promise.reject(busy));
  await t.throwsAsync(login(input, CALLER), { is: busy });
  const limits = await servers.collections.loginLimits.find().toArray();
  t.true(limits.length > 0);
  t.true(limits.every(({ points }) => points === 0));
});

test('a login for which there is no room never reaches the database', async (t) => {
  const { servers, input } = await setUp(t);
  const busy = new AuthError('busy', 'Too many', { retryAfter: 1_000 });
  const reserveSlot = () => {
    throw busy;
  };
  const login = bind(loginStory, {
    ...servers.here,
    passwords: { ...servers.here.passwords, reserveSlot },
  });
  await t.throwsAsync(login(input, CALLER), { is: busy });
  t.is(await servers.collections.loginLimits.countDocuments(), 0);
  t.is(await servers.collections.auditEvents.countDocuments(), 0);
});
