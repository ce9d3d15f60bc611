/** One race of a refresh and a revocation that reaches its session, and what must be true of it. */

import { revokeAllTokens } from '../../lib/use-cases/revoke-all-tokens.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../helpers/auth.ts';
import { unwatched } from '../helpers/login-steps.ts';
import { type Moment, type Point, type RivalPoint, race } from './barriers.ts';
import {
  type OpenedSession,
  openSession,
  orRefused,
  type SessionArena,
  type SessionReads,
} from './session-arena.ts';

export interface RefreshRace {
  readonly granted: boolean;
  /** Whether the check of the refresh found the revocation. */
  readonly seen: boolean;
  /** How far the revocation was when the refresh began to write, and when it began to check. */
  readonly revocationAtWrite: RivalPoint | undefined;
  readonly revocationAtCheck: RivalPoint | undefined;
  /** What was still good when both had been answered: of the access tokens, and of the refresh tokens. */
  readonly outlived: readonly string[];
  readonly begunAt: Point<SessionReads>;
  readonly answeredAt: Point<SessionReads>;
}

export type RefreshFault =
  | 'it was written after the revocation was answered, and granted'
  | 'it was checked after the revocation was answered, and granted'
  | 'it was granted though its check saw the revocation'
  | 'it was refused though its check saw nothing'
  | 'it saw a revocation that had not been asked for'
  | 'the session outlived the revocation';

/** Moments that make either side come first now and then, and the two meet most of the time. */
export const MOMENTS = ['before', 'start', 'start', 'write', 'check', 'sign'] as const;

export type Revoke = (arena: SessionArena, session: OpenedSession) => Promise<void>;

/** The real use case, at the other server. */
export const revokeAll: Revoke = async ({ there }, { user }) => {
  await revokeAllTokens(there, undefined, {
    ...CALLER,
    principal: { user, sessionId: 'none' },
  });
};

/** The real use case, at the other server, with the access token that the login gave. */
export const logOut: Revoke = async (arena, { accessToken }) => {
  await arena.makeLogout(arena.there)({ token: accessToken }, CALLER);
};

/** Races a refresh with a revocation of its session. */
export async function raceRefresh(
  arena: SessionArena,
  revoke: Revoke,
  moment: Moment<SessionReads>,
): Promise<RefreshRace> {
  const session = await openSession(arena);
  const { result, reads, rivalAt, begunAt, answeredAt } = await race<
    IssuedTokens | undefined,
    SessionReads
  >(
    moment,
    (watch) =>
      orRefused(arena.makeRefresh(arena.here, watch)(session, CALLER), 'refresh_token_revoked'),
    () => revoke(arena, session),
  );
  return {
    granted: result !== undefined,
    seen: reads.check.at(-1) !== undefined,
    revocationAtWrite: rivalAt.write.at(-1),
    revocationAtCheck: rivalAt.check.at(-1),
    outlived: await outlived(arena, result === undefined ? [session] : [session, result]),
    begunAt,
    answeredAt,
  };
}

/** Which of the tokens are still good, at either server. */
async function outlived(arena: SessionArena, grants: readonly IssuedTokens[]): Promise<string[]> {
  const { here, there, makeRefresh, makeAuthenticate } = arena;
  const good: string[] = [];
  for (const [index, grant] of grants.entries()) {
    for (const parts of [here, there]) {
      const authenticate = makeAuthenticate(parts, unwatched);
      const input = { token: grant.accessToken };
      const accepted = orRefused(
        authenticate(input, CALLER),
        'token_revoked',
        'user_tokens_revoked',
      );
      if ((await accepted) !== undefined) good.push(`access token ${index}`);
      const refresh = makeRefresh(parts, unwatched);
      const refreshed = orRefused(refresh(grant, CALLER), 'refresh_token_revoked');
      if ((await refreshed) !== undefined) good.push(`refresh token ${index}`);
    }
  }
  return good;
}

/** What a race shows to be wrong. What the check read decides, and leaves no room. */
export function faultOf(race: RefreshRace): RefreshFault | undefined {
  const { granted, seen, begunAt } = race;
  if (granted) return grantFault(race) ?? lifeFault(race);
  if (!seen) return 'it was refused though its check saw nothing';
  if (begunAt === 'answer') return 'it saw a revocation that had not been asked for';
  return lifeFault(race);
}

function grantFault({ seen, revocationAtWrite, revocationAtCheck }: RefreshRace) {
  if (revocationAtWrite === 'answered') {
    return 'it was written after the revocation was answered, and granted';
  }
  if (revocationAtCheck === 'answered') {
    return 'it was checked after the revocation was answered, and granted';
  }
  return seen ? 'it was granted though its check saw the revocation' : undefined;
}

function lifeFault({ outlived }: RefreshRace) {
  return outlived.length > 0 ? 'the session outlived the revocation' : undefined;
}

/** Whose turn came first: the check of the refresh, or the revocation. */
export function orderOf({ seen }: RefreshRace): string {
  return seen ? 'the revocation came first' : 'the refresh came first';
}
