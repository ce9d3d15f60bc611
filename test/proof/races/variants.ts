/** Parts in which one thing is wrong. The races must notice each of them. */
import type { Document } from 'mongodb';
import type { AuthParts } from '../../../lib/parts.ts';
import type { Account } from '../../../lib/store/accounts/users.ts';
import type { Collections, RefreshOutcome } from '../../../lib/store/mongo/collections.ts';
import { userEntry } from '../../../lib/store/revocations/entry-ids.ts';
import { LOGIN_IN_FLIGHT, revokeUserUpdate } from '../../../lib/store/revocations/entry-updates.ts';
import type { RevocationKind } from '../../../lib/store/revocations/reads.ts';
import type { RefreshInput } from '../../../lib/store/sessions/session-refresh.ts';
import type { Refreshed } from '../../../lib/store/sessions/sessions.ts';
import type { Variant } from './deployment.ts';
import { withChanges } from './steps.ts';

/** The login takes the account as it was at its first read; only the time is fresh. */
export const withoutSecondRead: Variant = (parts) => {
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

/** The login's stamp is `$$NOW`, not lifted above the cutoffs. */
export const withNowAsStamp: Variant = (parts) => {
  const lowest = { user: Number.NEGATIVE_INFINITY, deployment: Number.NEGATIVE_INFINITY };
  return withChanges(parts, {
    revocations: { cutoffs: (userId) => parts.revocations.cutoffs(userId).then(() => lowest) },
  });
};

/** The revocation of a user has another rule for its cutoff. */
function withCutoffRule(revokedBefore: Document): Variant {
  return (parts, _watch, { revokedTokens }) =>
    withChanges(parts, {
      revocations: {
        async revokeUser(input) {
          const [stage] = revokeUserUpdate(input, 0, 0);
          const update = [{ $set: { ...stage?.['$set'], revoked_before: revokedBefore } }];
          await revokedTokens.updateOne({ _id: userEntry(input.userId) }, update, { upsert: true });
          return Number.NaN; // which nobody in this race reads
        },
      },
    });
}

/** Everything before now is revoked, and no login in flight. */
export const withoutTenMinutes = withCutoffRule({
  $max: [{ $add: ['$revoked_before', 1] }, '$$NOW'],
});

/** The clock alone decides, and not the old cutoff. */
export const withoutOldCutoff = withCutoffRule({ $add: ['$$NOW', LOGIN_IN_FLIGHT] });

/** The check compares `stamp < revoked_before` where `<=` is right. */
export const withLessThan: Variant = (parts) =>
  withChanges(parts, {
    revocations: {
      check: (token) => parts.revocations.check({ ...token, stamp: token.stamp + 1 }),
    },
  });

/** The change of a password writes the cutoff before the hash. */
export const withCutoffFirst: Variant = (parts) => {
  const { users, revocations } = parts;
  let cutoff: number | undefined;
  return withChanges(parts, {
    users: {
      async changePassword(id, oldHash, newHash) {
        const cause = { reason: 'password_changed', revokedBy: id };
        cutoff = await revocations.revokeUser({ userId: id, ...cause });
        return users.changePassword(id, oldHash, newHash);
      },
    },
    revocations: { revokeUser: async (input) => cutoff ?? revocations.revokeUser(input) },
  });
};

/** The change takes the hash that it wrote for the one that stands after the cutoff. */
export const withoutConfirmation: Variant = (parts) => {
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

/** The refresh asks what is revoked before its update, and never again. */
export const withCheckFirst: Variant = (parts, _watch, { sessions }) => {
  const { revocations } = parts;
  let kind: RevocationKind | undefined;
  return withChanges(parts, {
    sessions: {
      async refresh(input) {
        const { sessionId } = input;
        const found = await sessions.findOne({ _id: sessionId });
        const { user_id: userId = '', stamp = new Date(0) } = found ?? {};
        kind = await revocations.check({ sessionId, userId, stamp: stamp.getTime(), kid: '' });
        return parts.sessions.refresh(input);
      },
    },
    revocations: { checkStrictly: async () => kind },
  });
};

/** The refresh gives the session a new stamp, above every cutoff, as a login does. */
export const withOwnStamp: Variant = (parts) => {
  const { accessTokens, revocations } = parts;
  return withChanges(parts, {
    accessTokens: {
      async issue(input) {
        const { user, deployment } = await revocations.cutoffs(input.userId);
        const stamp = Math.max(Date.now(), user + 1, deployment + 1);
        return accessTokens.issue({ ...input, stamp });
      },
    },
  });
};

/** The refresh finds the session, decides, and then updates it. */
export const withFindThenUpdate: Variant = (parts, watch, collections) => {
  const find = async ({ sessionId }: RefreshInput) =>
    (await collections.sessions.findOne({ _id: sessionId }))?.counter ?? 0;
  return withChanges(parts, {
    sessions: {
      async refresh(input) {
        const counter = (await watch('find', () => find(input))) as number;
        const outcome = decide(counter, input);
        return watch('write', () => writeOutcome(collections, parts, input, outcome));
      },
    },
  });
};

/** Right for a session that is used by one client alone. */
function decide(counter: number, input: RefreshInput): RefreshOutcome {
  if (input.counter >= counter) return 'rotated';
  return input.counter === counter - 1 ? 'retried' : 'reused';
}

async function writeOutcome(
  collections: Collections,
  { sessions }: AuthParts,
  { sessionId, counter }: RefreshInput,
  outcome: RefreshOutcome,
): Promise<Refreshed | undefined> {
  const isRotation = outcome === 'rotated';
  const after = await collections.sessions.findOneAndUpdate(
    { _id: sessionId },
    {
      $inc: { refreshes: 1, graces: isRotation ? 0 : 1 },
      ...(isRotation && { $set: { counter: counter + 1, rotated_at: new Date() } }),
    },
    { returnDocument: 'after' },
  );
  const session = after && (await sessions.findByUser(after.user_id, sessionId));
  if (!session) return undefined;
  return { outcome, counter: after.counter ?? 0, session, at: new Date() };
}

/** The logout answers while its write is still on its way: it arrives after the race. */
export const withEarlyAnswer: Variant = (parts) =>
  withChanges(parts, { revocations: { revokeTokenAndSession: async () => undefined } });

const remembered = new Map<string | undefined, Promise<RevocationKind | undefined>>();

/** A server asks once for each token, and remembers the answer. */
export const withRememberedCheck: Variant = (parts) =>
  withChanges(parts, {
    revocations: {
      check(token) {
        const answer = remembered.get(token.hash) ?? parts.revocations.check(token);
        remembered.set(token.hash, answer);
        return answer;
      },
    },
  });
