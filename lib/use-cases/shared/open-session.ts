import { randomUUID } from 'node:crypto';
import type { Caller } from '../../caller.ts';
import type { ClockSkew } from '../../store/mongo/clock-skew.ts';
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
  readonly skew: Pick<ClockSkew, 'assertNear'>;
}

/**
 * Opens a session and issues its first tokens. Resolves after a majority has acknowledged the session. Rejects with
 * `store_unavailable` if the clock of this process is wrong.
 */
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
  // A session with a stamp in the far future would survive the next revocation.
  const issuedAt = deps.skew.assertNear(opened.authTime);
  const tokens = await issueTokens(deps, { session, counter: 0, issuedAt });
  await sessions.insert(session);
  await limitSessions(deps, opened.userId, caller);
  return tokens;
}

export interface IssueTokensInput {
  readonly session: Session;
  /** The counter of the session's newest refresh token. */
  readonly counter: number;
  /** The time of issue in milliseconds, as `assertNear` has returned it. */
  readonly issuedAt: number;
  /** False for a session that an earlier version opened. Its refresh tokens are valid for any issuer and audience. */
  readonly isBound?: boolean;
}

/**
 * Issues the tokens of a session. The access token expires no later than the stored session, so a live token always
 * belongs to a listed session.
 */
export async function issueTokens(
  { accessTokens, refreshTokens }: IssueTokensDeps,
  { session, counter, issuedAt, isBound = true }: IssueTokensInput,
): Promise<IssuedTokens> {
  const { token, expiresIn } = await accessTokens.issue({
    ...session,
    sessionId: session.id,
    counter,
    issuedAt,
    endsAt: session.expiresAt,
  });
  const refreshToken = refreshTokens.issue({ sessionId: session.id, counter, isBound });
  return { accessToken: token, expiresIn, refreshToken };
}
