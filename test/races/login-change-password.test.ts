import test from 'ava';
import { openArena } from '../helpers/login-deployment.ts';
import { addUser } from '../helpers/users.ts';
import { anyMoment } from './barriers.ts';
import { faultOf, MOMENTS, orderOf, raceChangePassword } from './change-password-race.ts';
import { assertBothOrders, assertNoFault, RACES, repeat, tally } from './repeat.ts';

test('Login × change-password: the old password is refused or its token dies, the new password works at once', async (t) => {
  const arena = await openArena(t);
  const races = await repeat(t, RACES, async () => {
    const user = await addUser(arena.collections);
    return raceChangePassword(arena, user, anyMoment(MOMENTS));
  });

  assertNoFault(t, races, faultOf);
  assertBothOrders(t, races.map(orderOf));
  t.log(`The new hash was seen at: ${tally(races.map(({ seen }) => seen))}`);
  t.log(`The change began after: ${tally(races.map(({ begunAt }) => begunAt))}`);
  t.log(`It was acknowledged after: ${tally(races.map(({ answeredAt }) => answeredAt))}`);
});
