import { StoreNotReady } from '../errors.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Sessions, StoredSession } from '../store/sessions.ts';

export interface LiveSessionsParts {
  readonly sessions: Pick<Sessions, 'listOf'>;
  readonly revocations: Pick<Revocations, 'endedOf'>;
}

/** Reads the sessions of a user that are neither expired nor revoked, the newest first, in two reads. */
export function createLiveSessions({ sessions, revocations }: LiveSessionsParts) {
  const keepLive = createKeepLive({ revocations });

  return async function liveSessions(userId: string): Promise<StoredSession[]> {
    return keepLive(userId, await sessions.listOf(userId));
  };
}

/** Counts none where `sessions` was lost: what is revoked without looking at it does not fail for want of a number. */
export function noneIfLost(error: unknown): readonly never[] {
  if (error instanceof StoreNotReady) return [];
  throw error;
}

/** Keeps of a user's listed sessions those that are neither expired nor revoked, in one read. */
export function createKeepLive({ revocations }: Pick<LiveSessionsParts, 'revocations'>) {
  return async function keepLive(
    userId: string,
    listed: readonly StoredSession[],
  ): Promise<StoredSession[]> {
    const ids = listed.map(({ id }) => id);
    const ended = await revocations.endedOf(userId, ids);
    return listed.filter((session) => !ended.has(session) && session.expiresAt > new Date());
  };
}
