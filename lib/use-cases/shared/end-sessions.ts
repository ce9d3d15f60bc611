import type { Log } from '../../log.ts';
import type { Acknowledged } from '../../store/mongo/causal-reads.ts';
import type { Cause } from '../../store/revocations/entry-updates.ts';
import type { Revocations } from '../../store/revocations/revocations.ts';
import type { Session, Sessions } from '../../store/sessions/sessions.ts';

export interface EndSessionsDeps {
  readonly revocations: Revocations;
  readonly sessions: Sessions;
  readonly log: Log;
}

/** A session to end. The user is undefined if only a refresh token of the session is known. */
export interface EndedSession {
  readonly id: Session['id'];
  readonly userId: Session['userId'] | undefined;
}

/**
 * Revokes sessions in one command. Resolves after a majority has acknowledged the revocations. Whoever answers for them
 * has to settle them.
 */
export async function endSessions(
  deps: EndSessionsDeps,
  ended: readonly EndedSession[],
  cause: Cause,
): Promise<Acknowledged> {
  const revoked = await deps.revocations.revokeSessions(
    ended.map(({ id, userId }) => ({ sessionId: id, userId, ...cause })),
  );
  markEndedInBackground(
    deps,
    ended.map(({ id }) => id),
  );
  return revoked;
}

/** Marks sessions as ended, in the background. Lists of sessions read `revoked_tokens`, so a lost mark does no harm. */
export function markEndedInBackground(
  { sessions, log }: Pick<EndSessionsDeps, 'sessions' | 'log'>,
  ids: readonly string[],
): void {
  if (ids.length === 0) return;
  sessions.markEnded(ids).catch((err: unknown) => {
    log.warn(
      { err },
      'A revoked session could not be marked as ended. Lists of sessions omit it anyway',
    );
  });
}
