import type { Log } from '../log.ts';
import type { Cause } from '../store/revocation-entries.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Session, Sessions } from '../store/sessions.ts';

export interface EndSessionsParts {
  readonly revocations: Revocations;
  readonly sessions: Sessions;
  readonly log: Log;
}

/** Revokes sessions, in one command. Answers once a majority has it. */
export function createEndSessions(parts: EndSessionsParts) {
  const noteEnded = createNoteEnded(parts);

  return async function endSessions(
    ended: readonly Pick<Session, 'id' | 'userId'>[],
    cause: Cause,
  ): Promise<void> {
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
