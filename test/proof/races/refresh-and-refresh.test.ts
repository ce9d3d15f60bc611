/** Two refreshes with the first token of one session, by two user agents: one rotates, both get its successor. */
import test from 'ava';
import type { AuthParts } from '../../../lib/parts.ts';
import type { Collections, RefreshOutcome } from '../../../lib/store/mongo/collections.ts';
import type { RefreshInput } from '../../../lib/store/sessions/session-refresh.ts';
import type { Refreshed } from '../../../lib/store/sessions/sessions.ts';
import type { IssuedTokens } from '../../../lib/use-cases/shared/open-session.ts';
import { grantSession } from '../../helpers/auth.ts';
import { orRefused } from '../../helpers/two-servers.ts';
import {
  assertCaught,
  countAccepting,
  type Deployment,
  openDeployment as open,
  refresh,
  type Variant,
} from './deployment.ts';
import { meet } from './meet.ts';
import { assertHolds, defineRace } from './race.ts';
import { type Watch, withChanges } from './steps.ts';

const race = defineRace({
  async run(deployment: Deployment, user, moment) {
    const session = await grantSession(deployment.here, user.id);
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
    const { result, listTaken, begunAt, answeredAt } = await meet(
      moment,
      (watch) => present({ server: here, watch, userAgent: 'browser' }),
      async () => {
        other = await present({ server: there, watch: watchOther, userAgent: 'renderer' });
      },
    );
    const issued = [result, other].filter((tokens) => tokens !== undefined);
    const document = await collections.sessions.findOne({ user_id: user.id });
    const accepting = await Promise.all(
      issued.map(({ accessToken }) => countAccepting(deployment, accessToken)),
    );
    const outcome = listTaken('write')[0]?.read?.outcome;
    return {
      first: outcome === 'rotated' ? 'action' : 'rival',
      rotations: [outcome, otherOutcome].filter((each) => each === 'rotated').length,
      issued: issued.length,
      successors: new Set(issued.map(({ refreshToken }) => refreshToken)).size,
      accepting,
      stored: [document?.counter, document?.graces, document?.refreshes],
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'start', 'start', 'write', 'answer'],
  orders: {
    rival: ['before', 'start'],
    action: ['write', 'check', 'sign', 'answer'],
  },
  forbidden: {
    'a refresh was refused': ({ issued }) => issued < 2,
    'the two got different successors': ({ successors }) => successors !== 1,
    'an access token was dead on arrival': ({ accepting }) => accepting.some((n) => n < 2),
    'there were two rotations': ({ rotations }) => rotations === 2,
    'there was no rotation': ({ rotations }) => rotations === 0,
    'the session did not count what happened': ({ stored: [counter, graces, refreshes] }) =>
      counter !== 1 || graces !== 1 || refreshes !== 2,
    'the later one rotated though the first was answered': ({ first, begunAt, answeredAt }) =>
      first === 'action' ? answeredAt === 'before' : begunAt === 'answer',
  },
});

test('Refresh × refresh: of two with one token one rotates, and both get the same successor', (t) =>
  assertHolds(t, { race, open }));

/** The refresh finds the session, decides, and then updates it. */
const withFindThenUpdate: Variant = (parts, watch, collections) => {
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

test.serial(
  'A refresh that decides before it writes is caught every time: session found → the other refreshes → updated',
  (t) =>
    assertCaught(t, {
      variant: withFindThenUpdate,
      race,
      barrier: 'find',
      fault: 'there were two rotations',
    }),
);
