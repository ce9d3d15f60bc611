import { randomUUID } from 'node:crypto';
import type { Caller } from '../../caller.ts';
import type { Session } from '../../store/sessions/sessions.ts';
import type { AccessTokens } from '../../tokens/access/access-tokens.ts';
import type { RefreshTokens } from '../../tokens/refresh/refresh-tokens.ts';
import { type LimitSessionsDeps, limitSessions } from './limit-sessions.ts';

/** The two tokens of one session, from a login, a refresh or a change of the password. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Lifetime of the access token in seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
}

export interface NewSession {
  readonly userId: string;
  /** The stamp on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** The time at which the password was verified, by the database's clock. */
  readonly authTime: Date;
}

/** Lifetimes of sessions, in milliseconds. */
export interface Lifetimes {
  /** The time without a refresh after which a session ends. */
  readonly idleTtl: number;
  /** The time after which a session ends even if it is refreshed. */
  readonly maxTtl: number;
}

export interface IssueTokensDeps {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
}

export interface OpenSessionDeps extends IssueTokensDeps, LimitSessionsDeps {
  readonly lifetimes: Lifetimes;
}

/** Opens a session and issues its first tokens. Resolves after a majority has acknowledged the session. */
export async function openSession(
  deps: OpenSessionDeps,
  opened: NewSession,
  caller: Caller,
): Promise<IssuedTokens> {
  const { sessions, lifetimes } = deps;
  const start = opened.authTime.getTime();
  const session = {
    ...opened,
    id: randomUUID(),
    expiresAt: new Date(start + lifetimes.idleTtl),
    endsAt: new Date(start + lifetimes.maxTtl),
    ip: caller.ip,
    userAgent: caller.userAgent,
  };
  const tokens = await issueTokens(deps, session, 0);
  await sessions.insert(session);
  await limitSessions(deps, opened.userId, caller);
  return tokens;
}

/**
 * Issues the tokens of a session, with the `counter` of its newest refresh token. The access token expires no later
 * than the stored session, so a live token always belongs to a listed session. `isBound` is false for a session that an
 * earlier version opened. Its refresh tokens are valid for any issuer and audience.
 */
export async function issueTokens(
  { accessTokens, refreshTokens }: IssueTokensDeps,
  session: Session,
  counter: number,
  isBound = true,
): Promise<IssuedTokens> {
  const { token, expiresIn } = await accessTokens.issue({
    ...session,
    sessionId: session.id,
    counter,
    endsAt: session.expiresAt,
  });
  const refreshToken = refreshTokens.issue({ sessionId: session.id, counter, isBound });
  return { accessToken: token, expiresIn, refreshToken };
}
