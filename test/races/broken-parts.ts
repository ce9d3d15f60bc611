/** Arenas in which one thing is wrong. The races must notice each of them. */
import type { Document } from 'mongodb';
import { LOGIN_IN_FLIGHT, userEntry } from '../../lib/store/revocation-entries.ts';
import { userKey } from '../../lib/store/revocation-keys.ts';
import type { Revocations } from '../../lib/store/revocations.ts';
import type { Account } from '../../lib/store/users.ts';
import { authenticate } from '../../lib/use-cases/authenticate.ts';
import { type ChangePasswordDeps, changePassword } from '../../lib/use-cases/change-password.ts';
import { type LoginDeps, login } from '../../lib/use-cases/login.ts';
import { bind } from '../helpers/bind.ts';
import type { Arena } from '../helpers/login-deployment.ts';
import { watched } from '../helpers/login-steps.ts';

export type Break = (arena: Arena) => Arena;

/** The login takes the account as it was at its first read; only the time is fresh. */
export const withoutSecondRead: Break = breakLogin((parts) => {
  const { users } = parts;
  let first: Account | undefined;
  return {
    ...parts,
    users: {
      ...users,
      async findAccount(email) {
        first = await users.findAccount(email);
        return first;
      },
      async readAgain(id) {
        const again = await users.readAgain(id);
        return again && { account: first ?? again.account, now: again.now };
      },
    },
  };
});

/** The login's stamp is `$$NOW`, not lifted above the cutoffs. */
export const withNowAsStamp: Break = breakLogin((parts) => {
  const { revocations } = parts;
  const lowest = { user: Number.NEGATIVE_INFINITY, deployment: Number.NEGATIVE_INFINITY };
  return {
    ...parts,
    revocations: {
      ...revocations,
      cutoffs: (userId) => revocations.cutoffs(userId).then(() => lowest),
    },
  };
});

/** Logins in flight are not thought of: everything before now is revoked, and no more. */
export const withoutTenMinutes: Break = breakRevokeUser({
  $max: [{ $add: ['$revoked_before', 1] }, '$$NOW'],
});

/** The clock alone decides: the old cutoff is not looked at. */
export const withoutOldCutoff: Break = breakRevokeUser({ $add: ['$$NOW', LOGIN_IN_FLIGHT] });

/** The check compares `stamp < revoked_before` where `<=` is right. */
export const withLessThan: Break = (arena) => {
  const { revocations } = arena.checkParts;
  const check: Revocations['check'] = (token) =>
    revocations.check({ ...token, stamp: token.stamp + 1 });
  const checkParts = { ...arena.checkParts, revocations: { ...revocations, check } };
  return { ...arena, checkParts, authenticate: bind(authenticate, checkParts) };
};

/** The change of a password writes the cutoff before the hash. */
export const withCutoffFirst: Break = breakChange((parts) => {
  const { users, revocations } = parts;
  let cutoff = Number.NaN;
  return {
    ...parts,
    users: {
      ...users,
      async changePassword(id, oldHash, newHash) {
        const reason = 'password_changed';
        cutoff = await revocations.revokeUser({ userId: id, reason, revokedBy: id });
        return users.changePassword(id, oldHash, newHash);
      },
    },
    revocations: { ...revocations, revokeUser: async () => cutoff },
  };
});

/** The change takes the hash that it wrote for the one that stands after the cutoff. */
export const withoutConfirmation: Break = breakChange((parts) => {
  const { users } = parts;
  let written: string | undefined;
  return {
    ...parts,
    users: {
      ...users,
      changePassword(id, oldHash, newHash) {
        written = newHash;
        return users.changePassword(id, oldHash, newHash);
      },
      async readAgain(id) {
        const again = await users.readAgain(id);
        const passwordHash = written ?? again?.account.passwordHash ?? '';
        return again && { ...again, account: { ...again.account, passwordHash } };
      },
    },
  };
});

/** Around the watched parts: what is watched is still what was really read. */
function breakLogin(change: (parts: LoginDeps) => LoginDeps): Break {
  return (arena) => ({
    ...arena,
    makeLogin: (watch) => bind(login, change(watched(arena.parts, watch))),
  });
}

function breakChange(change: (parts: ChangePasswordDeps) => ChangePasswordDeps): Break {
  return (arena) => ({
    ...arena,
    makeChange: (parts) => bind(changePassword, change(parts)),
  });
}

/** The revocation as it is, except for the rule of its cutoff. */
function breakRevokeUser(revokedBefore: Document): Break {
  return (arena) => {
    const { revokedTokens } = arena.collections;
    const revokeUser: Revocations['revokeUser'] = async (input) => {
      const [stage] = userEntry(input, 0, 0);
      const update = [{ $set: { ...stage?.['$set'], revoked_before: revokedBefore } }];
      await revokedTokens.updateOne({ _id: userKey(input.userId) }, update, { upsert: true });
      return Number.NaN; // which nobody in this race reads
    };
    return { ...arena, revocations: { ...arena.revocations, revokeUser } };
  };
}
