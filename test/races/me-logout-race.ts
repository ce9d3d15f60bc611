/** One race of a request with an access token and the logout of that token, and what must be true of it. */
import type { Principal } from '../../lib/caller.ts';
import { CALLER } from '../helpers/auth.ts';
import { unwatched } from '../helpers/login-steps.ts';
import { type Moment, type Point, type RivalPoint, race } from './barriers.ts';
import { openSession, orRefused, type SessionArena, type SessionReads } from './session-arena.ts';

export interface MeLogoutRace {
  readonly accepted: boolean;
  /** How far the logout was when the request began its check. */
  readonly logoutAtCheck: RivalPoint | undefined;
  /** Whether a request that began after the logout was answered was accepted, at either server. */
  readonly acceptedLater: boolean;
  readonly begunAt: Point<SessionReads>;
  readonly answeredAt: Point<SessionReads>;
}

export type MeLogoutFault =
  | 'a request that began after the logout was answered was accepted'
  | 'a check that began after the logout was answered found nothing'
  | 'a request was refused before the logout was asked for';

/** Moments that make either side come first now and then, and the two meet most of the time. */
export const MOMENTS = ['before', 'before', 'before', 'before', 'start', 'check'] as const;

/** Races a request here with a logout at the other server. */
export async function raceMeLogout(
  arena: SessionArena,
  moment: Moment<SessionReads>,
): Promise<MeLogoutRace> {
  const { here, there } = arena;
  const { accessToken: token } = await openSession(arena);
  const { result, rivalAt, begunAt, answeredAt } = await race<Principal | undefined, SessionReads>(
    moment,
    (watch) => orRefused(arena.makeAuthenticate(here, watch)({ token }, CALLER), 'token_revoked'),
    () => arena.makeLogout(there)({ token }, CALLER),
  );
  const later = await Promise.all(
    [here, there].map((parts) =>
      orRefused(arena.makeAuthenticate(parts, unwatched)({ token }, CALLER), 'token_revoked'),
    ),
  );
  return {
    accepted: result !== undefined,
    logoutAtCheck: rivalAt.check.at(-1),
    acceptedLater: later.some((principal) => principal !== undefined),
    begunAt,
    answeredAt,
  };
}

/** What a race shows to be wrong. */
export function faultOf(race: MeLogoutRace): MeLogoutFault | undefined {
  if (race.acceptedLater) return 'a request that began after the logout was answered was accepted';
  if (race.accepted && race.logoutAtCheck === 'answered') {
    return 'a check that began after the logout was answered found nothing';
  }
  if (!race.accepted && race.begunAt === 'answer') {
    return 'a request was refused before the logout was asked for';
  }
  return undefined;
}

/** Whose turn came first: the check of the request, or the logout. */
export function orderOf({ accepted }: MeLogoutRace): string {
  return accepted ? 'the request came first' : 'the logout came first';
}
