import test from 'ava';
import { openArena } from '../helpers/login-deployment.ts';
import { addUser } from '../helpers/users.ts';
import { anyMoment } from './barriers.ts';
import { assertBothOrders, assertNoFault, RACES, repeat, tally } from './repeat.ts';
import { faultOf, MOMENTS, orderOf, raceRevokeAll, revokeAll } from './revoke-all-race.ts';

test('Login × revoke-all: what was read before the revocation is dead once it is acknowledged, what was read after it lives', async (t) => {
  const arena = await openArena(t);
  const races = await repeat(t, RACES, async (index) => {
    const user = await addUser(arena.collections);
    const isFirst = index % 2 === 0; // The others have a cutoff already.
    if (!isFirst) await revokeAll(arena, user);
    return raceRevokeAll(arena, user, anyMoment(MOMENTS));
  });

  assertNoFault(t, races, faultOf);
  assertBothOrders(t, races.map(orderOf));
  t.log(`Revoke-all began after: ${tally(races.map(({ begunAt }) => begunAt))}`);
  t.log(`It was acknowledged after: ${tally(races.map(({ answeredAt }) => answeredAt))}`);
});
