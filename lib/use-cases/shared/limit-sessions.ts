import type { Caller } from '../../caller.ts';
import type { Audit } from '../../store/records/audit.ts';
import { type EndSessionsDeps, endSessions } from './end-sessions.ts';
import { keepLive } from './live-sessions.ts';

export interface LimitSessionsDeps extends EndSessionsDeps {
  readonly audit: Audit;
  /** The most sessions that a user has at once. */
  readonly maxSessions: number;
}

const REASON = 'too_many_sessions';

/**
 * Ends a user's oldest sessions if there are more than `maxSessions`. With fewer sessions, takes only one read. Does not
 * wait for other servers, because a login acknowledges no revocation.
 */
export async function limitSessions(
  deps: LimitSessionsDeps,
  userId: string,
  caller: Caller,
): Promise<void> {
  const { sessions, audit, maxSessions } = deps;
  const listed = await sessions.listByUser(userId);
  if (listed.length <= maxSessions) return;
  const surplus = (await keepLive(deps, userId, listed)).slice(maxSessions);
  if (surplus.length === 0) return;
  await endSessions(deps, surplus, { reason: REASON, revokedBy: userId });
  const details = { session_ids: surplus.map(({ id }) => id), reason: REASON };
  const user = { id: userId, companyId: null };
  await audit.record({ action: 'session_revoked', user, details }, caller);
}
