/** A login here and a change of the password there; and what happens between the two writes of a change. */
import test from 'ava';
import { hashSync } from 'bcryptjs';
import type { Account } from '../../../lib/store/accounts/users.ts';
import type { MovedCutoff } from '../../../lib/store/revocations/writes.ts';
import type { IssuedTokens } from '../../../lib/use-cases/shared/open-session.ts';
import type { User } from '../../../lib/user.ts';
import { changePassword, NEW_HASH, NEW_PASSWORD, orRefused } from '../../helpers/two-servers.ts';
import { PASSWORD } from '../../helpers/users.ts';
import {
  assertCaught,
  type Deployment,
  findFate,
  logIn,
  openDeployment as open,
  setClockBack,
  useParts,
  type Variant,
} from './deployment.ts';
import { type Meeting, type Moment, meet } from './meet.ts';
import { assertHolds, defineRace, RACES } from './race.ts';
import { unwatched, withChanges } from './steps.ts';

/** Changes the password to NEW_PASSWORD. */
function change(deployment: Deployment, user: User, server = deployment.there, watch = unwatched) {
  return changePassword(useParts(deployment, server, watch), user);
}

/** The hashes that the login reads decide, and leave no room. */
const loginAndChange = defineRace({
  async run(deployment: Deployment, user, moment) {
    let changed: IssuedTokens | undefined;
    const { result, listTaken, begunAt, answeredAt } = await meet(
      moment,
      (watch) => logIn(deployment, user, PASSWORD, watch),
      async () => {
        changed = await change(deployment, user);
      },
    );
    const seen = findNewHash(listTaken);
    return {
      first: seen === 'never' ? 'action' : 'rival',
      old: await findFate(deployment, result),
      /** A login with the new password, begun when the change had been answered. */
      fresh: await findFate(deployment, await logIn(deployment, user, NEW_PASSWORD)),
      own: await findFate(deployment, changed),
      seen,
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'start', 'account', 'cutoffs', 'session'],
  orders: {
    rival: ['before', 'start', 'account', 'cutoffs', 'password'],
    action: ['again', 'session', 'answer'],
  },
  forbidden: {
    'the old password outlived its change': ({ old }) => old.startsWith('accepted'),
    'the old password was refused though no read saw the new hash': ({ old, seen }) =>
      old === 'refused' && seen === 'never',
    'the old password was granted a token though a read saw the new hash': ({ old, seen }) =>
      old === 'revoked' && seen !== 'never',
    'the old hash was read after its change was answered': ({ answeredAt, seen }) =>
      answeredAt === 'before' && seen !== 'at the first read',
    'the new hash was read before its change was asked for': ({ begunAt, seen }) =>
      begunAt === 'answer' && seen !== 'never',
    'the new password was refused': ({ fresh }) => fresh === 'refused',
    'the token of the new password was dead on arrival': ({ fresh }) => fresh !== 'accepted',
    'the token of the change was dead on arrival': ({ own }) => own !== 'accepted',
  },
});

function findNewHash(listTaken: Meeting['listTaken']) {
  if (listTaken('account')[0]?.read?.passwordHash === NEW_HASH) return 'at the first read';
  const [again] = listTaken('again');
  return again?.read?.account.passwordHash === NEW_HASH ? 'at the second read' : 'never';
}

test('Login × change-password: the old password is refused or its token dies, the new password works at once', (t) =>
  assertHolds(t, { race: loginAndChange, open }));

test('Login × change-password holds when the clock was set back an hour', (t) =>
  assertHolds(t, { race: loginAndChange, open, prepare: setClockBack, count: RACES / 10 }));

/** The login takes the account as it was at its first read; only the time is fresh. */
const withoutSecondRead: Variant = (parts) => {
  const { users } = parts;
  let first: Account | undefined;
  return withChanges(parts, {
    users: {
      async findAccount(email) {
        first = await users.findAccount(email);
        return first;
      },
      async readWithTime(id) {
        const again = await users.readWithTime(id);
        return again && { account: first ?? again.account, now: again.now };
      },
    },
  });
};

test.serial(
  'A login without the second read of the user is caught every time: hash read → hash changed and cutoff written → cutoffs read',
  (t) =>
    assertCaught(t, {
      variant: withoutSecondRead,
      race: loginAndChange,
      barrier: 'account',
      fault: 'the old password outlived its change',
    }),
);

/**
 * A change of the password, and what happens between its two writes. A change that another one overtook is
 * refused.
 */
async function meetChange(
  deployment: Deployment,
  user: User,
  moment: Moment,
  rival: () => Promise<unknown>,
) {
  const { result } = await meet(
    moment,
    (watch) => orRefused(change(deployment, user, deployment.here, watch), 'user_tokens_revoked'),
    rival,
  );
  return findFate(deployment, result);
}

/** A change of the password, and a whole login with the old one. */
const changeAndLogin = defineRace({
  async run(deployment: Deployment, user, moment) {
    let granted: IssuedTokens | undefined;
    const own = await meetChange(deployment, user, moment, async () => {
      granted = await logIn(deployment, user, PASSWORD);
    });
    const old = await findFate(deployment, granted);
    return { first: old === 'refused' ? 'action' : 'rival', own, old };
  },
  forbidden: {
    'the token of the change was dead on arrival': ({ own }) => own !== 'accepted',
    'the old password outlived its change': ({ old }) => old.startsWith('accepted'),
  },
});

/** The change of a password writes the cutoff before the hash. */
const withCutoffFirst: Variant = (parts) => {
  const { users, revocations } = parts;
  let moved: MovedCutoff | undefined;
  return withChanges(parts, {
    users: {
      async changePassword(id, oldHash, newHash) {
        const cause = { reason: 'password_changed', revokedBy: id };
        moved = await revocations.revokeUser({ userId: id, ...cause });
        return users.changePassword(id, oldHash, newHash);
      },
    },
    revocations: { revokeUser: async (input) => moved ?? revocations.revokeUser(input) },
  });
};

test.serial(
  'A change of the password that writes the cutoff before the hash is caught every time: cutoff written → login → hash changed',
  (t) =>
    assertCaught(t, {
      variant: withCutoffFirst,
      race: changeAndLogin,
      barrier: 'change',
      fault: 'the old password outlived its change',
    }),
);

const SET_HASH = hashSync('an operator chose this', 10);

/** A change of the password, and an operator who sets another one and has the answer. */
const changeAndSetPassword = defineRace({
  async run(deployment: Deployment, user, moment) {
    const { users, revocations } = deployment.there;
    const own = await meetChange(deployment, user, moment, async () => {
      await users.setPassword(user.id, SET_HASH);
      const cause = { reason: 'password_changed', revokedBy: 'cli' };
      await revocations.revokeUser({ userId: user.id, ...cause });
    });
    return { first: own === 'refused' ? 'rival' : 'action', own };
  },
  forbidden: {
    'a change outlived that of the operator': ({ own }) => own.startsWith('accepted'),
  },
});

/** The change takes the hash that it wrote for the one that stands after the cutoff. */
const withoutConfirmation: Variant = (parts) => {
  const { users } = parts;
  let written: string | undefined;
  return withChanges(parts, {
    users: {
      changePassword(id, oldHash, newHash) {
        written = newHash;
        return users.changePassword(id, oldHash, newHash);
      },
      async readWithTime(id) {
        const again = await users.readWithTime(id);
        const passwordHash = written ?? again?.account.passwordHash ?? '';
        return again && { ...again, account: { ...again.account, passwordHash } };
      },
    },
  });
};

test.serial(
  'A change of the password that does not look at the hash after the cutoff is caught every time: hash changed → an operator sets another → cutoff written',
  (t) =>
    assertCaught(t, {
      variant: withoutConfirmation,
      race: changeAndSetPassword,
      barrier: 'change',
      fault: 'a change outlived that of the operator',
    }),
);
