import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../lib/errors.ts';
import { createPasswords } from '../../lib/passwords.ts';
import type { User } from '../../lib/store/users.ts';
import { login as loginStory } from '../../lib/use-cases/login.ts';
import { CALLER } from '../helpers/auth.ts';
import { bind } from '../helpers/bind.ts';
import { type Arena, openArena } from '../helpers/login-deployment.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const refused = { instanceOf: AuthError, code: 'invalid_credentials' } as const;

/** A login in which something happens to the user each time its password is being checked. */
function loginDuring({ parts }: Arena, happen: (check: number) => Promise<unknown>) {
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

async function reasonOfLastFailure({ collections }: Arena) {
  const [event] = await collections.auditEvents
    .find({ action: 'login_failed' })
    .sort({ at: -1 })
    .toArray();
  return event?.details['reason'];
}

async function setUp(t: ExecutionContext) {
  const arena = await openArena(t);
  const user = await addUser(arena.collections);
  const set = (fields: object) =>
    arena.collections.users.updateOne({ _id: user.id }, { $set: fields });
  return { arena, user, set, input: { email: user.email, password: PASSWORD } };
}

/** The stored hash, as soon as it is as it should be. */
async function hashOnce({ collections }: Arena, { id }: User, isRight: (hash: string) => boolean) {
  for (;;) {
    const hash = (await collections.users.findOne({ _id: id }))?.password_hash ?? '';
    if (isRight(hash)) return hash;
    await delay(20);
  }
}

test('a login whose hash changes meanwhile starts over once, and works with the new hash', async (t) => {
  const { arena, set, input } = await setUp(t);
  const rehashed = hashSync(PASSWORD, 10);
  const { login, checks } = loginDuring(arena, async (check) => {
    if (check === 1) await set({ password_hash: rehashed });
  });
  const { accessToken } = await login(input, CALLER);
  await t.notThrowsAsync(arena.authenticate({ token: accessToken }, CALLER));
  t.is(checks(), 2);
});

test('a login whose hash changes again and again is refused after the second check', async (t) => {
  const { arena, set, input } = await setUp(t);
  const { login, checks } = loginDuring(arena, () =>
    set({ password_hash: hashSync(PASSWORD, 10) }),
  );
  await t.throwsAsync(login(input, CALLER), refused);
  t.is(checks(), 2);
  t.is(await reasonOfLastFailure(arena), 'changed');
});

test('a user who is disabled while the password is being checked is refused', async (t) => {
  const { arena, set, input } = await setUp(t);
  const { login } = loginDuring(arena, () => set({ disabled_at: new Date() }));
  await t.throwsAsync(login(input, CALLER), refused);
  t.is(await reasonOfLastFailure(arena), 'disabled');
});

test('a user who is deleted while the password is being checked is refused', async (t) => {
  const { arena, user, input } = await setUp(t);
  const { login } = loginDuring(arena, () => arena.collections.users.deleteOne({ _id: user.id }));
  await t.throwsAsync(login(input, CALLER), refused);
});

test('a disabled user is refused with the right password, as with a wrong one', async (t) => {
  const { arena, set, input } = await setUp(t);
  await set({ disabled_at: new Date() });
  const login = bind(loginStory, arena.parts);
  await t.throwsAsync(login(input, CALLER), refused);
  await t.throwsAsync(login({ ...input, password: 'wrong' }, CALLER), refused);
});

test('a stored hash outside cost 10 to 14 is refused, and the audit trail says why', async (t) => {
  const { arena, set, input } = await setUp(t);
  await set({ password_hash: hashSync(PASSWORD, 9) });
  await t.throwsAsync(loginStory(arena.parts, input, CALLER), refused);
  t.is(await reasonOfLastFailure(arena), 'unusable_hash');
});

test('after a login the password is hashed anew when the cost has risen', async (t) => {
  const { arena, user, input } = await setUp(t);
  const passwords = createPasswords({ bcryptCost: 11, bcryptThreads: 1 });
  t.teardown(() => passwords.close());
  const login = bind(loginStory, { ...arena.parts, passwords });
  const first = await login(input, CALLER);
  const hash = await hashOnce(arena, user, (stored) => stored.startsWith('$2b$11$'));
  await login(input, CALLER);
  t.is(await hashOnce(arena, user, () => true), hash);
  await t.notThrowsAsync(arena.authenticate({ token: first.accessToken }, CALLER));
});

test('hashing anew never overwrites a password that was changed meanwhile', async (t) => {
  const { arena, user, set, input } = await setUp(t);
  const changed = hashSync('another password', 10);
  const passwords = {
    ...arena.parts.passwords,
    isOutdated: () => true,
    async hash(password: string) {
      await set({ password_hash: changed });
      return arena.parts.passwords.hash(password);
    },
  };
  const renewed = new Promise<boolean>((resolve) => {
    const users = {
      ...arena.parts.users,
      async replaceHash(id: string, oldHash: string, newHash: string) {
        const replaced = await arena.parts.users.replaceHash(id, oldHash, newHash);
        resolve(replaced);
        return replaced;
      },
    };
    t.notThrowsAsync(bind(loginStory, { ...arena.parts, users, passwords })(input, CALLER));
  });
  t.false(await renewed);
  t.is(await hashOnce(arena, user, () => true), changed);
});

test('a login that is turned away as busy is no failure', async (t) => {
  const { arena, input } = await setUp(t);
  const busy = new AuthError('busy', 'Too many', { retryAfter: 1_000 });
  const { login } = loginDuring(arena, () => Promise.reject(busy));
  await t.throwsAsync(login(input, CALLER), { is: busy });
  const limits = await arena.collections.loginLimits.find().toArray();
  t.true(limits.length > 0);
  t.true(limits.every(({ points }) => points === 0));
});

test('a login for which there is no room never reaches the database', async (t) => {
  const { arena, input } = await setUp(t);
  const busy = new AuthError('busy', 'Too many', { retryAfter: 1_000 });
  const takePlace = () => {
    throw busy;
  };
  const login = bind(loginStory, {
    ...arena.parts,
    passwords: { ...arena.parts.passwords, takePlace },
  });
  await t.throwsAsync(login(input, CALLER), { is: busy });
  t.is(await arena.collections.loginLimits.countDocuments(), 0);
  t.is(await arena.collections.auditEvents.countDocuments(), 0);
});
