import anyTest from 'ava';
import { type Deployment, openDeployment, setClockBack, type Variant } from './deployment.ts';
import {
  changeAndLogin,
  changeAndSetPassword,
  loginAndChange,
  loginAndRevokeAll,
} from './login-races.ts';
import type { Point } from './meet.ts';
import { assertCaught, type Race } from './race.ts';
import {
  doubleRefresh,
  meAndLogout,
  refreshAndLogout,
  refreshAndRevokeAll,
} from './session-races.ts';
import {
  withCheckFirst,
  withCutoffFirst,
  withEarlyAnswer,
  withFindThenUpdate,
  withLessThan,
  withNowAsStamp,
  withOwnStamp,
  withoutConfirmation,
  withoutOldCutoff,
  withoutSecondRead,
  withoutTenMinutes,
  withRememberedCheck,
} from './variants.ts';

interface Broken {
  readonly variant: Variant;
  readonly race: Race<Deployment>;
  /** The action waits at this point until the rival was answered. */
  readonly barrier: Point;
  readonly fault: string;
  readonly prepare?: typeof setClockBack;
}

/** Serial: at a barrier nothing is gained by others. */
const test = anyTest.serial;

const caught = anyTest.macro(async (t, { variant, ...given }: Broken) => {
  const intact = await openDeployment(t);
  await assertCaught(t, { intact, broken: { ...intact, variant }, ...given });
});

test(
  'A login without the second read of the user is caught every time: hash read → hash changed and cutoff written → cutoffs read',
  caught,
  {
    variant: withoutSecondRead,
    race: loginAndChange,
    barrier: 'account',
    fault: 'the old password outlived its change',
  },
);

test(
  'A change of the password that writes the cutoff before the hash is caught every time: cutoff written → login → hash changed',
  caught,
  {
    variant: withCutoffFirst,
    race: changeAndLogin,
    barrier: 'change',
    fault: 'the old password outlived its change',
  },
);

test(
  'A change of the password that does not look at the hash after the cutoff is caught every time: hash changed → an operator sets another → cutoff written',
  caught,
  {
    variant: withoutConfirmation,
    race: changeAndSetPassword,
    barrier: 'change',
    fault: 'a change outlived that of the operator',
  },
);

test(
  'A revoke-all without the 10 minutes is caught every time: cutoffs read → revoked → stamp taken',
  caught,
  {
    variant: withoutTenMinutes,
    race: loginAndRevokeAll,
    barrier: 'cutoffs',
    fault: 'the token outlived the revoke-all',
  },
);

test('A login with $$NOW alone as its stamp is caught every time: revoked → cutoffs read', caught, {
  variant: withNowAsStamp,
  race: loginAndRevokeAll,
  barrier: 'account',
  fault: 'the token was dead on arrival',
});

test(
  'A revoke-all that does not look at the old cutoff is caught every time the clock was set back',
  caught,
  {
    variant: withoutOldCutoff,
    race: loginAndRevokeAll,
    barrier: 'session',
    fault: 'the token outlived the revoke-all',
    prepare: setClockBack,
  },
);

test('A check that compares < in place of <= is caught every time the clock was set back', caught, {
  variant: withLessThan,
  race: loginAndRevokeAll,
  barrier: 'session',
  fault: 'the token outlived the revoke-all',
  prepare: setClockBack,
});

test(
  'A refresh that decides before it writes is caught every time: session found → the other refreshes → updated',
  caught,
  {
    variant: withFindThenUpdate,
    race: doubleRefresh,
    barrier: 'find',
    fault: 'there were two rotations',
  },
);

test(
  'A refresh that checks before it writes is caught every time: checked → revoke-all → written',
  caught,
  {
    variant: withCheckFirst,
    race: refreshAndRevokeAll,
    barrier: 'check',
    fault: 'it was written after the revocation was answered, and granted',
  },
);

test(
  'A refresh that checks before it writes is caught every time: checked → logout → written',
  caught,
  {
    variant: withCheckFirst,
    race: refreshAndLogout,
    barrier: 'check',
    fault: 'it was written after the revocation was answered, and granted',
  },
);

test(
  'A refresh that takes a new stamp, as a login does, is caught every time: checked → revoke-all → signed',
  caught,
  {
    variant: withOwnStamp,
    race: refreshAndRevokeAll,
    barrier: 'check',
    fault: 'the session outlived the revocation',
  },
);

test(
  'A logout that answers before its write is caught every time by a refresh: written → logout → checked',
  caught,
  {
    variant: withEarlyAnswer,
    race: refreshAndLogout,
    barrier: 'write',
    fault: 'it was checked after the revocation was answered, and granted',
  },
);

test(
  'A logout that answers before its write is caught every time by a request: checked → logout → the next request',
  caught,
  {
    variant: withEarlyAnswer,
    race: meAndLogout,
    barrier: 'check',
    fault: 'a request that began after the logout was answered was accepted',
  },
);

test(
  'A server that remembers what it checked is caught every time by a request: checked → logout → the next request',
  caught,
  {
    variant: withRememberedCheck,
    race: meAndLogout,
    barrier: 'check',
    fault: 'a request that began after the logout was answered was accepted',
  },
);
