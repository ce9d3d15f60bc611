/** Races of a refresh, or of a request with an access token, here with what happens at the other server. */
import type { User } from '../../../lib/store/accounts/users.ts';
import { authenticate } from '../../../lib/use-cases/authenticate.ts';
import { logout } from '../../../lib/use-cases/logout.ts';
import { refresh as refreshStory } from '../../../lib/use-cases/refresh.ts';
import {
  type IssuedTokens,
  openSession as open,
} from '../../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../../helpers/auth.ts';
import { orRefused } from '../../helpers/two-servers.ts';
import { countAccepting, type Deployment, useParts } from './deployment.ts';
import { revokeAll } from './login-races.ts';
import { type Meeting, meet } from './meet.ts';
import { defineRace } from './race.ts';
import { unwatched, type Watch } from './steps.ts';

/** Opens a session as a login does, without the time that a password takes. */
function openSession({ here }: Deployment, { id }: User): Promise<IssuedTokens> {
  const now = Date.now();
  return open(here, { userId: id, stamp: now, authTime: new Date(now) }, CALLER);
}

function refresh(
  deployment: Deployment,
  session: IssuedTokens,
  { server = deployment.here, watch = unwatched, userAgent = 'test' } = {},
): Promise<IssuedTokens> {
  const caller = { ...CALLER, userAgent };
  return refreshStory(useParts(deployment, server, watch), session, caller);
}

const orRevoked = (refreshed: Promise<IssuedTokens>) =>
  orRefused(refreshed, 'refresh_token_revoked');

type Revoke = (deployment: Deployment, user: User, session: IssuedTokens) => Promise<void>;

const logOut: Revoke = async (deployment, _user, { accessToken: token }) => {
  await logout(useParts(deployment, deployment.there), { token }, CALLER);
};

/** Counts what is still good of the tokens, at either server. */
async function countGood(deployment: Deployment, grants: readonly (IssuedTokens | undefined)[]) {
  let good = 0;
  for (const grant of grants) {
    if (grant === undefined) continue;
    good += await countAccepting(deployment, grant.accessToken);
    for (const server of [deployment.here, deployment.there]) {
      const refreshed = await orRevoked(refresh(deployment, grant, { server }));
      if (refreshed !== undefined) good++;
    }
  }
  return good;
}

/** A refresh and a revocation that reaches its session. What its check reads decides, and leaves no room. */
function refreshAndRevoke(revoke: Revoke) {
  return defineRace({
    async run(deployment: Deployment, user, moment) {
      const session = await openSession(deployment, user);
      const { result, reads, rivalAt, begunAt, answeredAt } = await meet(
        moment,
        (watch) => orRevoked(refresh(deployment, session, { watch })),
        () => revoke(deployment, user, session),
      );
      return {
        isGranted: result !== undefined,
        isSeen: reads.check.at(-1) !== undefined,
        rivalAtWrite: rivalAt.write.at(-1),
        rivalAtCheck: rivalAt.check.at(-1),
        begunAt,
        answeredAt,
        good: await countGood(deployment, [session, result]),
      };
    },
    points: ['before', 'start', 'start', 'write', 'check', 'sign'],
    orders: {
      before: 'rival',
      start: 'rival',
      write: 'rival',
      check: 'action',
      sign: 'action',
      answer: 'action',
    },
    findFirst: ({ isSeen }) => (isSeen ? 'rival' : 'action'),
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

export const refreshAndRevokeAll = refreshAndRevoke(revokeAll);
export const refreshAndLogout = refreshAndRevoke(logOut);

/** Two refreshes with the first token of one session, by two user agents: one rotates, both get its successor. */
export const doubleRefresh = defineRace({
  async run(deployment: Deployment, user, moment) {
    const session = await openSession(deployment, user);
    const { here, there, collections } = deployment;
    const present = (options: Parameters<typeof refresh>[2]) => {
      const refreshed = refresh(deployment, session, options);
      return orRefused(refreshed, 'refresh_token_reused', 'refresh_token_revoked');
    };
    let other: IssuedTokens | undefined;
    let otherOutcome: string | undefined;
    const watchOther: Watch = async (step, take) => {
      const read = await take();
      if (step === 'write') otherOutcome = (read as { outcome: string } | undefined)?.outcome;
      return read;
    };
    const { result, reads, begunAt, answeredAt } = await meet(
      moment,
      (watch) => present({ server: here, watch, userAgent: 'browser' }),
      async () => {
        other = await present({ server: there, watch: watchOther, userAgent: 'renderer' });
      },
    );
    const grants = [result, other].filter((grant) => grant !== undefined);
    const document = await collections.sessions.findOne({ user_id: user.id });
    const accepting = await Promise.all(
      grants.map(({ accessToken }) => countAccepting(deployment, accessToken)),
    );
    return {
      outcomes: [reads.write[0]?.outcome, otherOutcome],
      grants: grants.length,
      successors: new Set(grants.map(({ refreshToken }) => refreshToken)).size,
      accepting,
      stored: [document?.counter, document?.graces, document?.refreshes],
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'start', 'start', 'write', 'answer'],
  orders: {
    before: 'rival',
    start: 'rival',
    write: 'action',
    check: 'action',
    sign: 'action',
    answer: 'action',
  },
  findFirst: ({ outcomes: [here] }) => (here === 'rotated' ? 'action' : 'rival'),
  forbidden: {
    'a refresh was refused': ({ grants }) => grants < 2,
    'the two got different successors': ({ successors }) => successors !== 1,
    'an access token was dead on arrival': ({ accepting }) => accepting.some((n) => n < 2),
    'there were two rotations': ({ outcomes }) => countRotations(outcomes) === 2,
    'there was no rotation': ({ outcomes }) => countRotations(outcomes) === 0,
    'the session did not count what happened': ({ stored: [counter, graces, refreshes] }) =>
      counter !== 1 || graces !== 1 || refreshes !== 2,
    'the later one rotated though the first was answered': ({ outcomes, ...met }) =>
      outcomes[0] === 'rotated' ? met.answeredAt === 'before' : met.begunAt === 'answer',
  },
});

function countRotations(outcomes: readonly unknown[]): number {
  return outcomes.filter((outcome) => outcome === 'rotated').length;
}

/** A request with an access token and the logout of that token. */
export const meAndLogout = defineRace({
  async run(deployment: Deployment, user, moment) {
    const session = await openSession(deployment, user);
    const { accessToken: token } = session;
    const { result, rivalAt, begunAt, answeredAt }: Meeting = await meet(
      moment,
      (watch) => {
        const parts = useParts(deployment, deployment.here, watch);
        return orRefused(authenticate(parts, { token }), 'token_revoked');
      },
      () => logOut(deployment, user, session),
    );
    return {
      isAccepted: result !== undefined,
      rivalAtCheck: rivalAt.check.at(-1),
      acceptingLater: await countAccepting(deployment, token),
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'before', 'before', 'before', 'start', 'check'],
  orders: {
    before: 'rival',
    start: 'rival',
    check: 'action',
    user: 'action',
    answer: 'action',
  },
  findFirst: ({ isAccepted }) => (isAccepted ? 'action' : 'rival'),
  forbidden: {
    'a request that began after the logout was answered was accepted': (seen) =>
      seen.acceptingLater > 0,
    'a check that began after the logout was answered found nothing': (seen) =>
      seen.isAccepted && seen.rivalAtCheck === 'answered',
    'a request was refused before the logout was asked for': (seen) =>
      !seen.isAccepted && seen.begunAt === 'answer',
  },
});
