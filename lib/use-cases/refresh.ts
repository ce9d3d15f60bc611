import type { Caller } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { ClockSkew } from '../store/mongo/clock-skew.ts';
import type { RefreshOutcome } from '../store/mongo/collections.ts';
import type { Audit } from '../store/records/audit.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { Refreshed, StoredSession } from '../store/sessions/sessions.ts';
import type { User } from '../user.ts';
import { auditedUser } from './shared/audited-user.ts';
import { type EndSessionsDeps, endSessions } from './shared/end-sessions.ts';
import {
  type IssuedTokens,
  type IssueTokensDeps,
  issueTokens,
  type Lifetimes,
} from './shared/open-session.ts';

export interface RefreshDeps extends IssueTokensDeps, EndSessionsDeps {
  readonly users: Users;
  readonly skew: ClockSkew;
  readonly lastUse: Pick<LastUse, 'seenCounter'>;
  readonly audit: Audit;
  readonly lifetimes: Lifetimes;
  /** Milliseconds for which an exchanged refresh token is accepted even if its successor was used. */
  readonly refreshGrace: number;
}

export interface RefreshInput {
  /** The refresh token as the client sent it. */
  readonly refreshToken: string;
}

/**
 * Exchanges a refresh token for new tokens of its session. A client may send a token again, from a second tab or after
 * a lost response, and receives the same successor. After the grace, this is possible only until the successor is used.
 * Any other reuse counts as theft and ends the session (RFC 9700 section 4.14.2). Rejects with AuthError
 * `refresh_token_malformed`, `refresh_token_expired`, `refresh_token_reused`, `refresh_token_revoked`,
 * `store_unavailable`.
 */
export async function refresh(
  deps: RefreshDeps,
  { refreshToken }: RefreshInput,
  caller: Caller,
): Promise<IssuedTokens> {
  const { kid, sessionId, counter, isBound } = deps.refreshTokens.verify(refreshToken);
  await deps.skew.assertBearable();
  const refreshed = await deps.sessions.refresh({
    sessionId,
    counter,
    seenCounter: deps.lastUse.seenCounter(sessionId),
    userAgent: caller.userAgent,
    grace: deps.refreshGrace,
    idleTtl: deps.lifetimes.idleTtl,
  });
  if (refreshed === undefined) {
    await deps.revocations.assertSentinel(); // throws if documents were lost, because the session may not have ended
    throw expired('its session is gone');
  }
  const issuedAt = deps.skew.assertNear(refreshed.at);
  if (refreshed.outcome === 'expired') throw expired('its session has ended');
  if (refreshed.outcome === 'reused') throw await endStolen(deps, refreshed.session, caller);
  const user = await assertNotRevoked(deps, refreshed.session, kid);
  if (RETRIES.has(refreshed.outcome)) void recordRetry(deps, refreshed, user, caller);
  const tokens = await issueTokens(deps, {
    session: refreshed.session,
    counter: refreshed.counter,
    isBound,
    issuedAt,
  });
  if (tokens.expiresIn < 1) throw expired('its session ends this second');
  return tokens;
}

const RETRIES: ReadonlySet<RefreshOutcome> = new Set(['retried', 'recovered']);

/** Throws for a revoked session or user. Both reads begin after the refresh, so they see all revocations before it. */
async function assertNotRevoked(
  { revocations, users }: RefreshDeps,
  session: StoredSession,
  kid: string,
): Promise<User> {
  const { id: sessionId, userId, stamp } = session;
  const [kind, user] = await Promise.all([
    revocations.check({ sessionId, userId, stamp, kid }),
    users.find(userId),
  ]);
  if (kind !== undefined) throw revoked(`the ${kind} was revoked`);
  if (user === undefined || user.disabled) throw revoked('its user is gone or disabled');
  return user;
}

/**
 * Ends the session of a stolen token. Each reuse writes again, as an earlier write may not have reached a majority. Does
 * not wait for other servers, because the refusal of a token acknowledges nothing.
 */
async function endStolen(
  deps: RefreshDeps,
  session: StoredSession,
  caller: Caller,
): Promise<AuthError> {
  const { id, userId } = session;
  await endSessions(deps, [session], { reason: 'refresh_token_reused', revokedBy: userId });
  const user = await auditedUser(deps.users, userId);
  const details = { session_id: id };
  await deps.audit.record({ action: 'refresh_token_reused', user, details }, caller);
  return new AuthError('refresh_token_reused', 'The refresh token had been exchanged before');
}

/** Records a retry in the audit trail. The refresh does not wait for the event, and succeeds without it. */
function recordRetry(
  { audit }: RefreshDeps,
  refreshed: Refreshed,
  user: User,
  caller: Caller,
): Promise<void> {
  const { outcome, session, counter, rotatedBy: rotated_by = null } = refreshed;
  const after_grace = outcome === 'recovered';
  const details = { session_id: session.id, counter, rotated_by, after_grace };
  return audit.record({ action: 'refresh_token_retried', user, details }, caller);
}

function expired(reason: string): AuthError {
  return new AuthError('refresh_token_expired', `The refresh token was refused: ${reason}`);
}

function revoked(reason: string): AuthError {
  return new AuthError('refresh_token_revoked', `The refresh token was refused: ${reason}`);
}
