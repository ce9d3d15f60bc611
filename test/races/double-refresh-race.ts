/** One race of two refreshes with one token, and what must be true of it. */
import type { RefreshOutcome, SessionDocument } from '../../lib/store/collections.ts';
import type { refresh } from '../../lib/use-cases/refresh.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../helpers/auth.ts';
import type { Bound } from '../helpers/bind.ts';
import { unwatched, type Watch } from '../helpers/login-steps.ts';
import { type Moment, type Point, race } from './barriers.ts';
import { openSession, orRefused, type SessionArena, type SessionReads } from './session-arena.ts';

export interface DoubleRefreshRace {
  /** What each write came to, here and there. */
  readonly outcomes: readonly [here: RefreshOutcome | undefined, there: RefreshOutcome | undefined];
  readonly bothGranted: boolean;
  readonly sameSuccessor: boolean;
  /** Whether the other server accepts both access tokens. */
  readonly bothAccepted: boolean;
  /** What the session says afterwards. */
  readonly stored: Pick<SessionDocument, 'counter' | 'graces' | 'refreshes'>;
  readonly begunAt: Point<SessionReads>;
  readonly answeredAt: Point<SessionReads>;
}

export type DoubleRefreshFault =
  | 'a refresh was refused'
  | 'there were two rotations'
  | 'there was no rotation'
  | 'the two got different successors'
  | 'an access token was dead on arrival'
  | 'the session did not count what happened'
  | 'the later one rotated though the first was answered';

/** Moments that make either side come first now and then, and the two meet most of the time. */
export const MOMENTS = ['before', 'start', 'start', 'write', 'answer'] as const;

/** Races two refreshes with the first token of one session, here and at the other server, by two user agents. */
export async function raceDoubleRefresh(
  arena: SessionArena,
  moment: Moment<SessionReads>,
): Promise<DoubleRefreshRace> {
  const { here, there, collections } = arena;
  const session = await openSession(arena);
  const present = (boundRefresh: Bound<typeof refresh>, userAgent: string) =>
    orRefused(
      boundRefresh(session, { ...CALLER, userAgent }),
      'refresh_token_reused',
      'refresh_token_revoked',
    );
  let granted: IssuedTokens | undefined;
  let outcome: RefreshOutcome | undefined;
  const note: Watch<SessionReads> = async (step, take) => {
    const read = await take();
    if (step === 'write') outcome = (read as SessionReads['write'])?.outcome;
    return read;
  };

  const { result, reads, begunAt, answeredAt } = await race<IssuedTokens | undefined, SessionReads>(
    moment,
    (watch) => present(arena.makeRefresh(here, watch), 'browser'),
    async () => {
      granted = await present(arena.makeRefresh(there, note), 'renderer');
    },
  );
  const grants = [result, granted].filter((grant) => grant !== undefined);
  const document = await collections.sessions.findOne({ user_id: session.user.id });
  const accepted = await Promise.all(grants.map((grant) => isAccepted(arena, grant)));
  return {
    outcomes: [reads.write[0]?.outcome, outcome],
    bothGranted: grants.length === 2,
    sameSuccessor: new Set(grants.map(({ refreshToken }) => refreshToken)).size === 1,
    bothAccepted: accepted.every((isIt) => isIt),
    stored: {
      counter: document?.counter ?? Number.NaN,
      graces: document?.graces ?? Number.NaN,
      refreshes: document?.refreshes ?? Number.NaN,
    },
    begunAt,
    answeredAt,
  };
}

async function isAccepted(
  { there, makeAuthenticate }: SessionArena,
  { accessToken }: IssuedTokens,
): Promise<boolean> {
  const authenticate = makeAuthenticate(there, unwatched);
  const accepted = await orRefused(authenticate({ token: accessToken }, CALLER), 'token_revoked');
  return accepted !== undefined;
}

/** What a race shows to be wrong: one rotates, the other gets the same successor, and the session knows of both. */
export function faultOf(race: DoubleRefreshRace): DoubleRefreshFault | undefined {
  return grantFault(race) ?? rotationFault(race);
}

function grantFault(race: DoubleRefreshRace): DoubleRefreshFault | undefined {
  if (!race.bothGranted) return 'a refresh was refused';
  if (!race.sameSuccessor) return 'the two got different successors';
  return race.bothAccepted ? undefined : 'an access token was dead on arrival';
}

function rotationFault(race: DoubleRefreshRace): DoubleRefreshFault | undefined {
  const { outcomes, stored, begunAt, answeredAt } = race;
  const [here, there] = outcomes;
  if (here === 'rotated' && there === 'rotated') return 'there were two rotations';
  if (here !== 'rotated' && there !== 'rotated') return 'there was no rotation';
  if (stored.counter !== 1 || stored.graces !== 1 || stored.refreshes !== 2) {
    return 'the session did not count what happened';
  }
  const wasSecond = here === 'rotated' ? answeredAt === 'before' : begunAt === 'answer';
  return wasSecond ? 'the later one rotated though the first was answered' : undefined;
}

/** Whose turn came first. */
export function orderOf({ outcomes: [here] }: DoubleRefreshRace): string {
  return here === 'rotated' ? 'the first came first' : 'the other came first';
}
