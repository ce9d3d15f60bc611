import test, { type ExecutionContext } from 'ava';
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../../lib/errors.ts';
import { changePassword as changeStory } from '../../../lib/use-cases/change-password.ts';
import { login } from '../../../lib/use-cases/login.ts';
import { CALLER } from '../../helpers/auth.ts';
import { bind } from '../../helpers/bind.ts';
import {
  changePassword,
  isAccepted,
  NEW_PASSWORD,
  openTwoServers,
} from '../../helpers/two-servers.ts';
import { addUser, PASSWORD, PASSWORD_HASH } from '../../helpers/users.ts';

/** A change in which something happens to the user each time a password is being checked. */
async function setUp(
  t: ExecutionContext,
  happen: (check: number, set: (fields: object) => Promise<unknown>) => Promise<unknown>,
) {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const { users } = servers.collections;
  const set = (fields: object) => users.updateOne({ _id: user.id }, { $set: fields });
  let checks = 0;
  const { here } = servers;
  const passwords = {
    ...here.passwords,
    async check(password: string, hash: string | undefined) {
      checks++;
      await happen(checks, set);
      return here.passwords.check(password, hash);
    },
  };
  const change = () => changePassword({ ...here, passwords }, user);
  return { servers, user, change, checks: () => checks };
}

const rehash = () => hashSync(PASSWORD, 10);

test('a change whose hash a login renews meanwhile starts over once, and succeeds', async (t) => {
  const { servers, user, change, checks } = await setUp(t, async (check, set) => {
    if (check === 1) await set({ password_hash: rehash() });
  });
  const { accessToken } = await change();
  t.true(await isAccepted(servers.there, accessToken));
  t.is(checks(), 2);
  await t.notThrowsAsync(
    login(servers.here, { email: user.email, password: NEW_PASSWORD }, CALLER),
  );
});

test('a change whose hash is another one again and again is refused', async (t) => {
  const { change, checks } = await setUp(t, (_, set) => set({ password_hash: rehash() }));
  await t.throwsAsync(change(), { instanceOf: AuthError, code: 'wrong_password' });
  t.is(checks(), 2);
});

test('a change that another change overtakes is refused: its password is not the current one any more', async (t) => {
  const other = hashSync('what the other one chose', 10);
  const { servers, user, change } = await setUp(t, async (check, set) => {
    if (check === 1) await set({ password_hash: other });
  });
  await t.throwsAsync(change(), { instanceOf: AuthError, code: 'wrong_password' });
  t.is((await servers.collections.users.findOne({ _id: user.id }))?.password_hash, other);
  t.is(await servers.collections.revokedTokens.countDocuments({ kind: 'user' }), 0);
});

test('of eight changes at once to different passwords one succeeds, and its token lives', async (t) => {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const change = bind(changeStory, servers.here);
  const caller = { ...CALLER, principal: { user, sessionId: 'none' } };
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) =>
      change({ currentPassword: PASSWORD, newPassword: `${NEW_PASSWORD} ${index}` }, caller),
    ),
  );
  const granted = results.flatMap((result) => (result.status === 'fulfilled' ? [result] : []));
  t.is(granted.length, 1);
  t.true(await isAccepted(servers.there, granted[0]?.value.accessToken ?? ''));
  for (const result of results) {
    if (result.status === 'rejected') t.is(result.reason.code, 'wrong_password');
  }
});

test('the same change in several concurrent requests leaves one living session', async (t) => {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const results = await Promise.allSettled([1, 2, 3].map(() => changePassword(servers.here, user)));
  const tokens = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value.accessToken] : [],
  );
  const living = await Promise.all(tokens.map((token) => isAccepted(servers.there, token)));
  t.is(living.filter(Boolean).length, 1);
});

test('a user who is disabled while the password is being checked changes nothing', async (t) => {
  const { servers, user, change } = await setUp(t, (_, set) => set({ disabled_at: new Date() }));
  await t.throwsAsync(change(), { instanceOf: AuthError, code: 'invalid_token' });
  const after = await servers.collections.users.findOne({ _id: user.id });
  t.is(after?.password_hash, PASSWORD_HASH);
  t.is(await servers.collections.revokedTokens.countDocuments({ kind: 'user' }), 0);
});

test('a user who is disabled between the hash and the cutoff gets no session', async (t) => {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const { revocations, users } = servers.here;
  const revokeUser: typeof revocations.revokeUser = async (input) => {
    await users.disable(user.id);
    return revocations.revokeUser(input);
  };
  const parts = { ...servers.here, revocations: { ...revocations, revokeUser } };
  await t.throwsAsync(changePassword(parts, user), { code: 'invalid_token' });
  t.is(await servers.collections.sessions.countDocuments(), 0);
});

test('a user who is deleted while the password is being checked changes nothing', async (t) => {
  const { servers, user, change } = await setUp(t, () =>
    servers.collections.users.deleteOne({ _id: user.id }),
  );
  await t.throwsAsync(change(), { instanceOf: AuthError, code: 'invalid_token' });
});

test('a stored hash outside cost 10 to 14 fits nothing', async (t) => {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections, { passwordHash: hashSync(PASSWORD, 9) });
  await t.throwsAsync(changePassword(servers.here, user), { code: 'wrong_password' });
});

test('a change for which there is no room never reaches the database', async (t) => {
  const servers = await openTwoServers(t);
  const user = await addUser(servers.collections);
  const busy = new AuthError('busy', 'Too many', { retryAfter: 1_000 });
  const reserveSlot = () => {
    throw busy;
  };
  const passwords = { ...servers.here.passwords, reserveSlot };
  const full = { ...servers.here, passwords };
  await t.throwsAsync(changePassword(full, user), { is: busy });
  t.is(await servers.collections.loginLimits.countDocuments(), 0);
});

test('a change without a principal is a fault of the application', async (t) => {
  const { here } = await openTwoServers(t);
  const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  await t.throwsAsync(changeStory(here, input, CALLER), { instanceOf: TypeError });
});
