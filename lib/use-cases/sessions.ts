import { type Caller, principalOf } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { Audit } from '../store/audit.ts';
import type { StoredSession } from '../store/sessions.ts';
import { createEndSessions, type EndSessionsParts } from './end-sessions.ts';
import { createLiveSessions } from './live-sessions.ts';

export interface SessionsParts extends EndSessionsParts {
  readonly audit: Audit;
}

/** A session that is neither expired nor revoked. */
export interface LiveSession extends StoredSession {
  /** Whether it is the one that asks. */
  readonly isCurrent: boolean;
}

/** The sessions of the calling user. All need `caller.principal`. */
export interface OwnSessions {
  /** The live ones, the newest first. AuthError `store_unavailable`. */
  readonly list: UseCase<unknown, LiveSession[]>;
  /** Ends one of them. AuthError `not_found` for one that is not the user's, `store_unavailable`. */
  readonly end: UseCase<{ readonly sessionId: string }, void>;
  /** Ends all but the one that asks, and answers how many these were. AuthError `store_unavailable`. */
  readonly endOthers: UseCase<unknown, { readonly ended: number }>;
}

/** Makes what lists and ends a user's own sessions. */
export function createOwnSessions(parts: SessionsParts): OwnSessions {
  const { sessions, audit } = parts;
  const liveSessions = createLiveSessions(parts);
  const endSessions = createEndSessions(parts);

  async function list(_input: unknown, caller: Caller): Promise<LiveSession[]> {
    const { user, sessionId } = principalOf(caller);
    const live = await liveSessions(user.id);
    return live.map((session) => ({ ...session, isCurrent: session.id === sessionId }));
  }

  async function endAll(ended: readonly StoredSession[], caller: Caller): Promise<void> {
    const { user } = principalOf(caller);
    const reason = 'user_requested';
    await endSessions(ended, { reason, revokedBy: user.id });
    const details = { reason, session_ids: ended.map(({ id }) => id) };
    await audit.record({ action: 'session_revoked', user, details }, caller);
  }

  return {
    list,

    async end({ sessionId }, caller) {
      const { user } = principalOf(caller);
      const session = await sessions.findOf(user.id, sessionId);
      if (session === undefined) throw new AuthError('not_found', 'The user has no such session');
      await endAll([session], caller);
    },

    async endOthers(input, caller) {
      const others = (await list(input, caller)).filter(({ isCurrent }) => !isCurrent);
      if (others.length > 0) await endAll(others, caller);
      return { ended: others.length };
    },
  };
}
