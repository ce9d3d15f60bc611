import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { openArena } from '../helpers/login-deployment.ts';
import { addUser } from '../helpers/users.ts';
import { anyMoment } from './barriers.ts';
import { assertNoFault, RACES, repeat } from './repeat.ts';
import { faultOf, MOMENTS, raceRevokeAll } from './revoke-all-race.ts';

test('Login × revoke-all holds in a database migrated a moment ago, whose own cutoff is 20 minutes ahead', async (t) => {
  const arena = await openArena(t);
  const { revokedTokens } = arena.collections;
  const update = { $set: { revoked_before: new Date(Date.now() + 20 * MINUTE) } };
  await revokedTokens.updateOne({ _id: 'deployment' }, update);
  const races = await repeat(t, RACES / 10, async () => {
    const user = await addUser(arena.collections);
    return raceRevokeAll(arena, user, anyMoment(MOMENTS));
  });
  assertNoFault(t, races, faultOf);
});
