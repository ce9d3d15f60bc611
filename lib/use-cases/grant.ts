import { randomUUID } from 'node:crypto';
import type { Caller } from '../caller.ts';
import type { Session } from '../store/sessions.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import { createLimitSessions, type LimitSessionsParts } from './limit-sessions.ts';

/** What a login, a refresh or a change of the password gives: two tokens of one session. */
export interface Grant {
  readonly accessToken: string;
  /** Lifetime of the access token in seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
}

export interface GrantInput {
  readonly userId: string;
  /** The session's place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** When the password was found right, by the database's clock. */
  readonly authTime: Date;
}

/** How long sessions live, in milliseconds. */
export interface Lifetimes {
  /** Without being refreshed. */
  readonly idleTtl: number;
  /** In any case. */
  readonly maxTtl: number;
}

export interface SignParts {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
}

export interface GrantParts extends SignParts, LimitSessionsParts {
  readonly lifetimes: Lifetimes;
}

/** Opens a session and signs its first tokens. Answers once a majority has the session. */
export function createGrant(parts: GrantParts) {
  const { sessions, lifetimes } = parts;
  const sign = createSign(parts);
  const limitSessions = createLimitSessions(parts);

  return async function grant(input: GrantInput, caller: Caller): Promise<Grant> {
    const start = input.authTime.getTime();
    const session = {
      ...input,
      id: randomUUID(),
      expiresAt: new Date(start + lifetimes.idleTtl),
      endsAt: new Date(start + lifetimes.maxTtl),
      ip: caller.ip,
      userAgent: caller.userAgent,
    };
    const granted = await sign(session, 0);
    await sessions.insert(session);
    await limitSessions(input.userId, caller);
    return granted;
  };
}

/**
 * Signs the tokens of a session; the counter is that of its newest refresh token. The access token does not
 * outlive the session as it stands: what lives is in the lists of sessions. The refresh token of a session that an
 * earlier version opened stays unbound.
 */
export function createSign({ accessTokens, refreshTokens }: SignParts) {
  return async function sign(session: Session, counter: number, isBound = true): Promise<Grant> {
    const { token, expiresIn } = await accessTokens.issue({
      ...session,
      sessionId: session.id,
      counter,
      endsAt: session.expiresAt,
    });
    const refreshToken = refreshTokens.issue({ sessionId: session.id, counter, isBound });
    return { accessToken: token, expiresIn, refreshToken };
  };
}
