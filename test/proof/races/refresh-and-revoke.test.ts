/** A refresh here, and a revocation there that reaches its session. */
import test from 'ava';
import type { RevocationKind } from '../../../lib/store/revocations/reads.ts';
import type { IssuedTokens } from '../../../lib/use-cases/shared/open-session.ts';
import type { User } from '../../../lib/user.ts';
import { grantSession } from '../../helpers/auth.ts';
import { orRefused } from '../../helpers/two-servers.ts';
import {
  assertCaught,
  countAccepting,
  type Deployment,
  logOut,
  openDeployment as open,
  refresh,
  revokeAll,
  type Variant,
  withEarlyAnswer,
} from './deployment.ts';
import { meet } from './meet.ts';
import { assertHolds, defineRace } from './race.ts';
import { withChanges } from './steps.ts';

type Revoke = (deployment: Deployment, user: User, session: IssuedTokens) => Promise<void>;

/** The check of the refresh decides by what it reads, and leaves no room. */
function refreshAndRevoke(revoke: Revoke) {
  return defineRace({
    async run(deployment: Deployment, user, moment) {
      const session = await grantSession(deployment.here, user.id);
      const { result, listTaken, begunAt, answeredAt } = await meet(
        moment,
        (watch) => orRevoked(refresh(deployment, session, { watch })),
        () => revoke(deployment, user, session),
      );
      const check = listTaken('check').at(-1);
      const isSeen = check?.read !== undefined;
      return {
        first: isSeen ? 'rival' : 'action',
        isGranted: result !== undefined,
        isSeen,
        rivalAtWrite: listTaken('write').at(-1)?.rivalAt,
        rivalAtCheck: check?.rivalAt,
        begunAt,
        answeredAt,
        good: await countGood(deployment, [session, result]),
      };
    },
    points: ['before', 'start', 'start', 'write', 'check', 'sign'],
    orders: {
      rival: ['before', 'start', 'write'],
      action: ['check', 'sign', 'answer'],
    },
    forbidden: {
      'it was written after the revocation was answered, and granted': (seen) =>
        seen.isGranted && seen.rivalAtWrite === 'answered',
      'it was checked after the revocation was answered, and granted': (seen) =>
        seen.isGranted && seen.rivalAtCheck === 'answered',
      'it was granted though its check saw the revocation': (seen) => seen.isGranted && seen.isSeen,
      'it was refused though its check saw nothing': (seen) => !seen.isGranted && !seen.isSeen,
      'it saw a revocation that had not been asked for': (seen) =>
        !seen.isGranted && seen.begunAt === 'answer',
      'the session outlived the revocation': (seen) => seen.good > 0,
    },
  });
}

function orRevoked(refreshed: Promise<IssuedTokens>) {
  return orRefused(refreshed, 'refresh_token_revoked');
}

/** Counts what is still good of the tokens, at either server. */
async function countGood(deployment: Deployment, issued: readonly (IssuedTokens | undefined)[]) {
  let good = 0;
  for (const tokens of issued) {
    if (tokens === undefined) continue;
    good += await countAccepting(deployment, tokens.accessToken);
    for (const server of [deployment.here, deployment.there]) {
      const refreshed = await orRevoked(refresh(deployment, tokens, { server }));
      if (refreshed !== undefined) good++;
    }
  }
  return good;
}

const refreshAndRevokeAll = refreshAndRevoke(revokeAll);
const refreshAndLogout = refreshAndRevoke(logOut);

for (const [name, race] of [
  ['revoke-all', refreshAndRevokeAll],
  ['logout', refreshAndLogout],
] as const) {
  test(`Refresh × ${name}: whoever comes first, nothing of the session lives once the revocation is answered`, (t) =>
    assertHolds(t, { race, open }));
}

/** The refresh asks what is revoked before its update, and never again. */
const withCheckFirst: Variant = (parts, _watch, { sessions }) => {
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
    revocations: {
      check: async (token) => (token.hash === undefined ? kind : revocations.check(token)),
    },
  });
};

for (const [name, race] of [
  ['revoke-all', refreshAndRevokeAll],
  ['logout', refreshAndLogout],
] as const) {
  test.serial(
    `A refresh that checks before it writes is caught every time: checked → ${name} → written`,
    (t) =>
      assertCaught(t, {
        variant: withCheckFirst,
        race,
        barrier: 'check',
        fault: 'it was written after the revocation was answered, and granted',
      }),
  );
}

/** The refresh gives the session a new stamp, above every cutoff, as a login does. */
const withOwnStamp: Variant = (parts) => {
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

test.serial(
  'A refresh that takes a new stamp, as a login does, is caught every time: checked → revoke-all → signed',
  (t) =>
    assertCaught(t, {
      variant: withOwnStamp,
      race: refreshAndRevokeAll,
      barrier: 'check',
      fault: 'the session outlived the revocation',
    }),
);

test.serial(
  'A logout that answers before its write is caught every time by a refresh: written → logout → checked',
  (t) =>
    assertCaught(t, {
      variant: withEarlyAnswer,
      race: refreshAndLogout,
      barrier: 'write',
      fault: 'it was checked after the revocation was answered, and granted',
    }),
);
