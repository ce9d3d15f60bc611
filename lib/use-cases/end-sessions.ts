import type { Log } from '../log.ts';
import type { Cause } from '../store/revocation-entries.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Session, Sessions } from '../store/sessions.ts';

export interface EndSessionsParts {
  readonly revocations: Revocations;
  readonly sessions: Sessions;
  readonly log: Log;
}

/** A session to end; of one that is known by its refresh token alone, the user may be unknown. */
export interface EndedSession {
  readonly id: Session['id'];
  readonly userId: Session['userId'] | undefined;
}

/** Revokes sessions, in one command. Answers once a majority has it. */
export function createEndSessions(parts: EndSessionsParts) {
  const noteEnded = createNoteEnded(parts);

  return async function endSessions(ended: readonly EndedSession[], cause: Cause): Promise<void> {
    await parts.revocations.revokeSessions(
      ended.map(({ id, userId }) => ({ sessionId: id, userId, ...cause })),
    );
    noteEnded(ended.map(({ id }) => id));
  };
}

/** Notes that sessions were revoked. Nobody waits for it: lists ask `revoked_tokens` in any case. */
export function createNoteEnded({ sessions, log }: EndSessionsParts) {
  return function noteEnded(ids: readonly string[]): void {
    if (ids.length === 0) return;
    sessions.markEnded(ids).catch((err: unknown) => {
      log.warn(
        { err },
        'A session that has ended is not marked so; lists ask for it until it expires',
      );
    });
  };
}
