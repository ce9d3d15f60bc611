import { StoreNotReady } from '../../errors.ts';
import type { Revocations } from '../../store/revocations/revocations.ts';
import type { Sessions, StoredSession } from '../../store/sessions/sessions.ts';

export interface LiveSessionsDeps {
  readonly sessions: Pick<Sessions, 'listByUser'>;
  readonly revocations: Pick<Revocations, 'revokedAmong'>;
}

/**
 * Returns the sessions of a user that are neither expired nor revoked, newest first. Takes two reads. Other servers may
 * still accept a session that was revoked a moment ago.
 */
export async function liveSessions(
  deps: LiveSessionsDeps,
  userId: string,
): Promise<StoredSession[]> {
  return keepLive(deps, userId, await deps.sessions.listByUser(userId));
}

/** Returns an empty list if `sessions` was lost, so that the revocation can go on. Throws other errors. */
export function noneIfLost(error: unknown): readonly never[] {
  if (error instanceof StoreNotReady) return [];
  throw error;
}

/** Returns the listed sessions of a user that are neither expired nor revoked. Takes one read. */
export async function keepLive(
  { revocations }: Pick<LiveSessionsDeps, 'revocations'>,
  userId: string,
  listed: readonly StoredSession[],
): Promise<StoredSession[]> {
  const ids = listed.map(({ id }) => id);
  const isRevoked = await revocations.revokedAmong(userId, ids);
  return listed.filter((session) => !isRevoked(session) && session.expiresAt > new Date());
}
