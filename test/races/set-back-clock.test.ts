import test from 'ava';
import { createRevocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { login as loginStory } from '../../lib/use-cases/login.ts';
import { CALLER } from '../helpers/auth.ts';
import { bind } from '../helpers/bind.ts';
import { isAccepted, openArena } from '../helpers/login-deployment.ts';
import { unwatched } from '../helpers/login-steps.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { anyMoment } from './barriers.ts';
import {
  MOMENTS as CHANGE_PASSWORD_MOMENTS,
  faultOf as changePasswordFault,
  raceChangePassword,
} from './change-password-race.ts';
import { assertNoFault, RACES, repeat } from './repeat.ts';
import {
  MOMENTS as REVOKE_ALL_MOMENTS,
  raceRevokeAll,
  revokeAll,
  faultOf as revokeAllFault,
} from './revoke-all-race.ts';
import { setClockBack } from './set-back.ts';

const ROUNDS = RACES / 10;

test('After the clock was set back an hour each revoke-all still kills, and each login after it lives', async (t) => {
  const arena = await openArena(t);
  const user = await addUser(arena.collections);
  await setClockBack(arena, user);
  const login = arena.makeLogin(unwatched);

  for (let round = 0; round < 10; round++) {
    const { accessToken } = await login({ email: user.email, password: PASSWORD }, CALLER);
    t.true(await isAccepted(arena, accessToken), `round ${round}`);
    const before = await arena.revocations.cutoffs(user.id);
    await revokeAll(arena, user);
    t.false(await isAccepted(arena, accessToken), `round ${round}`);
    const after = await arena.revocations.cutoffs(user.id);
    t.is(after.user, before.user + 1, 'The clock decided, not the old cutoff');
    t.true(after.user > Date.now() + HOUR - MINUTE);
  }
});

test('Login × revoke-all holds when the clock was set back an hour', async (t) => {
  const arena = await openArena(t);
  const races = await repeat(t, ROUNDS, async () => {
    const user = await addUser(arena.collections);
    await setClockBack(arena, user);
    return raceRevokeAll(arena, user, anyMoment(REVOKE_ALL_MOMENTS));
  });
  assertNoFault(t, races, revokeAllFault);
});

test('Login × change-password holds when the clock was set back an hour', async (t) => {
  const arena = await openArena(t);
  const races = await repeat(t, ROUNDS, async () => {
    const user = await addUser(arena.collections);
    await setClockBack(arena, user);
    return raceChangePassword(arena, user, anyMoment(CHANGE_PASSWORD_MOMENTS));
  });
  assertNoFault(t, races, changePasswordFault);
});

test('A login on a primary whose clock is an hour ahead is refused: no revoke-all would reach its stamp', async (t) => {
  const arena = await openArena(t);
  const { email } = await addUser(arena.collections);
  const { users } = arena.parts;
  const login = bind(loginStory, {
    ...arena.parts,
    users: {
      ...users,
      async readAgain(id) {
        const again = await users.readAgain(id);
        return again && { ...again, now: new Date(again.now.getTime() + HOUR) };
      },
    },
  });
  await t.throwsAsync(login({ email, password: PASSWORD }, CALLER), { code: 'store_unavailable' });
  t.is(await arena.collections.sessions.countDocuments(), 0);
});

test("A primary whose clock is behind takes the server's for the cutoff", async (t) => {
  const { collections } = await openArena(t);
  const user = await addUser(collections);
  const ahead = () => Date.now() + HOUR; // the server's clock, seen from a primary that is an hour behind
  const revocations = createRevocations(collections, createSchema(collections), ahead);
  const started = ahead();
  await revocations.revokeUser({ userId: user.id, reason: 'test', revokedBy: user.id });
  t.true((await revocations.cutoffs(user.id)).user >= started + 10 * MINUTE);
});
