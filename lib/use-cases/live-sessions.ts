import type { Revocations } from '../store/revocations.ts';
import type { Sessions, StoredSession } from '../store/sessions.ts';

export interface LiveSessionsParts {
  readonly sessions: Pick<Sessions, 'listOf'>;
  readonly revocations: Pick<Revocations, 'endedOf'>;
}

/** Reads the sessions of a user that are neither expired nor revoked, the newest first, in two reads. */
export function createLiveSessions({ sessions, revocations }: LiveSessionsParts) {
  return async function liveSessions(userId: string): Promise<StoredSession[]> {
    const listed = await sessions.listOf(userId);
    const ended = await revocations.endedOf(
      userId,
      listed.map(({ id }) => id),
    );
    return listed.filter((session) => !ended.has(session));
  };
}
