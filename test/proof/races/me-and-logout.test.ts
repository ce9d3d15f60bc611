/** A request with an access token here, and the logout of that token there. */
import test from 'ava';
import type { RevocationKind } from '../../../lib/store/revocations/reads.ts';
import { authenticate } from '../../../lib/use-cases/authenticate.ts';
import { grantSession } from '../../helpers/auth.ts';
import { orRefused } from '../../helpers/two-servers.ts';
import {
  assertCaught,
  countAccepting,
  type Deployment,
  logOut,
  openDeployment as open,
  useParts,
  type Variant,
  withEarlyAnswer,
} from './deployment.ts';
import { meet } from './meet.ts';
import { assertHolds, defineRace } from './race.ts';
import { withChanges } from './steps.ts';

const race = defineRace({
  async run(deployment: Deployment, user, moment) {
    const session = await grantSession(deployment.here, user.id);
    const { accessToken: token } = session;
    const { result, listTaken, begunAt, answeredAt } = await meet(
      moment,
      (watch) => {
        const parts = useParts(deployment, deployment.here, watch);
        return orRefused(authenticate(parts, { token }), 'token_revoked');
      },
      () => logOut(deployment, user, session),
    );
    const isAccepted = result !== undefined;
    return {
      first: isAccepted ? 'action' : 'rival',
      isAccepted,
      rivalAtCheck: listTaken('check').at(-1)?.rivalAt,
      acceptingLater: await countAccepting(deployment, token),
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'before', 'before', 'before', 'start', 'check'],
  orders: {
    rival: ['before', 'start'],
    action: ['check', 'user', 'answer'],
  },
  forbidden: {
    'a request that began after the logout was answered was accepted': (seen) =>
      seen.acceptingLater > 0,
    'a check that began after the logout was answered found nothing': (seen) =>
      seen.isAccepted && seen.rivalAtCheck === 'answered',
    'a request was refused before the logout was asked for': (seen) =>
      !seen.isAccepted && seen.begunAt === 'answer',
  },
});

test('Me × logout: a request that begins after the logout was answered is never accepted', (t) =>
  assertHolds(t, { race, open }));

const remembered = new Map<string | undefined, Promise<RevocationKind | undefined>>();

/** A server asks once for each token, and remembers the answer. */
const withRememberedCheck: Variant = (parts) =>
  withChanges(parts, {
    revocations: {
      check(token) {
        const answer = remembered.get(token.hash) ?? parts.revocations.check(token);
        remembered.set(token.hash, answer);
        return answer;
      },
    },
  });

for (const [name, variant] of [
  ['A logout that answers before its write', withEarlyAnswer],
  ['A server that remembers what it checked', withRememberedCheck],
] as const) {
  test.serial(
    `${name} is caught every time by a request: checked → logout → the next request`,
    (t) =>
      assertCaught(t, {
        variant,
        race,
        barrier: 'check',
        fault: 'a request that began after the logout was answered was accepted',
      }),
  );
}
