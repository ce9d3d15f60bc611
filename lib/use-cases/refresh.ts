import type { Caller } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { Audit } from '../store/audit.ts';
import type { ClockSkew } from '../store/clock-skew.ts';
import type { RefreshOutcome } from '../store/collections.ts';
import type { LastUse } from '../store/last-use.ts';
import type { Refreshed, StoredSession } from '../store/sessions.ts';
import type { User, Users } from '../store/users.ts';
import { auditedUser } from './audited-user.ts';
import { createEndSessions, type EndSessionsParts } from './end-sessions.ts';
import { createSign, type Grant, type Lifetimes, type SignParts } from './grant.ts';

export interface RefreshParts extends SignParts, EndSessionsParts {
  readonly users: Users;
  readonly skew: ClockSkew;
  readonly lastUse: Pick<LastUse, 'seenCounter'>;
  readonly audit: Audit;
  readonly lifetimes: Lifetimes;
  /** Milliseconds for which the refresh token before the newest gets an answer in any case. */
  readonly refreshGrace: number;
}

export interface RefreshInput {
  /** The refresh token as the client sent it. */
  readonly refreshToken: string;
}

export type Refresh = UseCase<RefreshInput, Grant>;

/**
 * Exchanges a refresh token for new tokens of its session. An honest client that asks twice, from two
 * tabs or because an answer was lost, gets the same successor: within the grace in any case, later as long
 * as nobody has shown that the successor arrived. Otherwise a token that comes back was stolen, and ends the
 * session (RFC 9700 section 4.14.2). AuthError `refresh_token_malformed`,
 * `refresh_token_expired`, `refresh_token_reused`, `refresh_token_revoked`, `store_unavailable`.
 */
export function createRefresh(parts: RefreshParts): Refresh {
  const { refreshTokens, sessions, revocations, skew, lastUse, lifetimes } = parts;
  const { refreshGrace: grace } = parts;
  const sign = createSign(parts);
  const assertGood = createAssertGood(parts);
  const endStolen = createEndStolen(parts);

  return async function refresh({ refreshToken }, caller) {
    const { kid, sessionId, counter, isBound } = refreshTokens.verify(refreshToken);
    await skew.assertBearable();
    const refreshed = await sessions.refresh({
      sessionId,
      counter,
      seenCounter: lastUse.seenCounter(sessionId),
      userAgent: caller.userAgent,
      grace,
      idleTtl: lifetimes.idleTtl,
    });
    if (refreshed === undefined) {
      await revocations.assertKnown(); // in a database that was lost, every session is gone
      throw expired('its session is gone');
    }
    skew.assertNear(refreshed.at);
    if (refreshed.outcome === 'expired') throw expired('its session has ended');
    if (refreshed.outcome === 'reused') throw await endStolen(refreshed.session, caller);
    const user = await assertGood(refreshed.session, kid);
    if (RETRIES.has(refreshed.outcome)) noteRetry(refreshed, user, caller);
    const granted = await sign(refreshed.session, refreshed.counter, isBound);
    if (granted.expiresIn < 1) throw expired('its session ends this second');
    return granted;
  };

  /** Nobody waits for it: it tells of nothing that has to be prevented. */
  function noteRetry(refreshed: Refreshed, user: User, caller: Caller): void {
    const { outcome, session, counter, rotatedBy: rotated_by = null } = refreshed;
    const after_grace = outcome === 'recovered';
    const details = { session_id: session.id, counter, rotated_by, after_grace };
    void parts.audit.record({ action: 'refresh_token_retried', user, details }, caller);
  }
}

const RETRIES: ReadonlySet<RefreshOutcome> = new Set(['retried', 'recovered']);

/** Both reads begin after the write that decided, so what was revoked before the answer is seen. */
function createAssertGood({ revocations, users }: RefreshParts) {
  return async function assertGood(session: StoredSession, kid: string): Promise<User> {
    const { id: sessionId, userId, stamp } = session;
    const [kind, user] = await Promise.all([
      revocations.checkStrictly({ sessionId, userId, stamp, kid }),
      users.find(userId),
    ]);
    if (kind !== undefined) throw revoked(`the ${kind} was revoked`);
    if (user === undefined || user.disabled) throw revoked('its user is gone or disabled');
    return user;
  };
}

/** Written again at each attempt, so that one which broke off half-way is made up for by the next. */
function createEndStolen(parts: RefreshParts) {
  const { users, audit } = parts;
  const endSessions = createEndSessions(parts);

  return async function endStolen(session: StoredSession, caller: Caller): Promise<AuthError> {
    const { id, userId } = session;
    await endSessions([session], { reason: 'refresh_token_reused', revokedBy: userId });
    const user = await auditedUser(users, userId);
    const details = { session_id: id };
    await audit.record({ action: 'refresh_token_reused', user, details }, caller);
    return new AuthError('refresh_token_reused', 'The refresh token had been exchanged before');
  };
}

function expired(why: string): AuthError {
  return new AuthError('refresh_token_expired', `The refresh token was refused: ${why}`);
}

function revoked(why: string): AuthError {
  return new AuthError('refresh_token_revoked', `The refresh token was refused: ${why}`);
}
