import test, { type ExecutionContext } from 'ava';
import type { User } from '../../lib/store/users.ts';
import { type Arena, openArena } from '../helpers/login-deployment.ts';
import { addUser } from '../helpers/users.ts';
import { assertAlwaysCaught } from './assert-caught.ts';
import { barrierAfter } from './barriers.ts';
import { logInBetween, setPasswordBetween } from './between-writes.ts';
import {
  type Break,
  withCutoffFirst,
  withLessThan,
  withNowAsStamp,
  withoutConfirmation,
  withoutOldCutoff,
  withoutSecondRead,
  withoutTenMinutes,
} from './broken-parts.ts';
import { faultOf as changePasswordFault, raceChangePassword } from './change-password-race.ts';
import { raceRevokeAll, faultOf as revokeAllFault } from './revoke-all-race.ts';
import { setClockBack } from './set-back.ts';

type FaultAtBarrier = (arena: Arena, user: User) => Promise<string | undefined>;

/** The broken variant shows this fault every time, each time with a user of its own. */
async function assertCaught(
  t: ExecutionContext,
  { broken, fault, at }: { broken: Break; fault: string; at: FaultAtBarrier },
): Promise<void> {
  const arena = await openArena(t);
  await assertAlwaysCaught(t, {
    intact: arena,
    broken: broken(arena),
    fault,
    at: async (either) => at(either, await addUser(arena.collections)),
  });
}

test('A login without the second read of the user is caught every time: hash read → hash changed and cutoff written → cutoffs read', async (t) => {
  await assertCaught(t, {
    broken: withoutSecondRead,
    fault: 'the old password outlived its change',
    at: async (arena, user) =>
      changePasswordFault(await raceChangePassword(arena, user, barrierAfter('account'))),
  });
});

test('A change of the password that writes the cutoff before the hash is caught every time: cutoff written → login → hash changed', async (t) => {
  await assertCaught(t, {
    broken: withCutoffFirst,
    fault: 'the old password outlived its change',
    at: logInBetween,
  });
});

test('A change of the password that does not look at the hash after the cutoff is caught every time: hash changed → an operator sets another → cutoff written', async (t) => {
  await assertCaught(t, {
    broken: withoutConfirmation,
    fault: 'a change outlived that of the operator',
    at: setPasswordBetween,
  });
});

test('A revoke-all without the 10 minutes is caught every time: cutoffs read → revoked → stamp taken', async (t) => {
  await assertCaught(t, {
    broken: withoutTenMinutes,
    fault: 'the token outlived the revoke-all',
    at: async (arena, user) =>
      revokeAllFault(await raceRevokeAll(arena, user, barrierAfter('cutoffs'))),
  });
});

test('A login with $$NOW alone as its stamp is caught every time: revoked → cutoffs read', async (t) => {
  await assertCaught(t, {
    broken: withNowAsStamp,
    fault: 'the token was dead on arrival',
    at: async (arena, user) =>
      revokeAllFault(await raceRevokeAll(arena, user, barrierAfter('account'))),
  });
});

test('A revoke-all that does not look at the old cutoff is caught every time the clock was set back', async (t) => {
  await assertCaught(t, {
    broken: withoutOldCutoff,
    fault: 'the token outlived the revoke-all',
    at: afterSetBackClock,
  });
});

test('A check that compares < in place of <= is caught every time the clock was set back', async (t) => {
  await assertCaught(t, {
    broken: withLessThan,
    fault: 'the token outlived the revoke-all',
    at: afterSetBackClock,
  });
});

async function afterSetBackClock(arena: Arena, user: User): Promise<string | undefined> {
  await setClockBack(arena, user);
  return revokeAllFault(await raceRevokeAll(arena, user, barrierAfter('session')));
}
