import type { Caller } from '../caller.ts';
import type { Audit } from '../store/audit.ts';
import { createEndSessions, type EndSessionsParts } from './end-sessions.ts';
import { createKeepLive } from './live-sessions.ts';

export interface LimitSessionsParts extends EndSessionsParts {
  readonly audit: Audit;
  /** The most sessions that a user has at once. */
  readonly maxSessions: number;
}

const REASON = 'too_many_sessions';

/** Ends the oldest sessions of a user who has more than may be. Mostly it is one read. */
export function createLimitSessions(parts: LimitSessionsParts) {
  const { sessions, audit, maxSessions } = parts;
  const keepLive = createKeepLive(parts);
  const endSessions = createEndSessions(parts);

  return async function limitSessions(userId: string, caller: Caller): Promise<void> {
    const listed = await sessions.listOf(userId);
    if (listed.length <= maxSessions) return;
    const surplus = (await keepLive(userId, listed)).slice(maxSessions);
    if (surplus.length === 0) return;
    await endSessions(surplus, { reason: REASON, revokedBy: userId });
    const details = { session_ids: surplus.map(({ id }) => id), reason: REASON };
    await audit.record(
      { action: 'session_revoked', user: { id: userId, companyId: null }, details },
      caller,
    );
  };
}
