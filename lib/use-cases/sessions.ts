import { type Caller, principalOf } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError, StoreUnavailable } from '../errors.ts';
import type { Audit } from '../store/audit.ts';
import type { StoredSession } from '../store/sessions.ts';
import { createEndSessions, type EndSessionsParts } from './end-sessions.ts';
import { createKeepLive } from './live-sessions.ts';

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
  const keepLive = createKeepLive(parts);
  const { listOwn, assertFound } = createListOwn(parts);
  const endSessions = createEndSessions(parts);

  async function list(_input: unknown, caller: Caller): Promise<LiveSession[]> {
    const { user, sessionId } = principalOf(caller);
    const live = await keepLive(user.id, await listOwn(caller));
    return live.map((session) => ({ isCurrent: session.id === sessionId, ...session }));
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
      const isId = typeof sessionId === 'string'; // { $ne: null } would find some session
      const session = isId ? await sessions.findOf(user.id, sessionId) : undefined;
      if (session === undefined) {
        await assertFound([], caller);
        throw notFound('The user has no such session');
      }
      await endAll([session], caller);
    },

    /** Those that look revoked are revoked again: a majority may not have the entry that was seen. */
    async endOthers(_input, caller) {
      const { user, sessionId } = principalOf(caller);
      const others = (await listOwn(caller)).filter(({ id }) => id !== sessionId);
      const live = await keepLive(user.id, others);
      if (others.length > 0) await endAll(others, caller);
      return { ended: live.length };
    },
  };
}

function notFound(description: string): AuthError {
  return new AuthError('not_found', description, { description });
}

/** Makes what lists the sessions of the user who asks, and knows where documents of them were lost. */
function createListOwn({ sessions }: Pick<SessionsParts, 'sessions'>) {
  /** Rejects where the session that asks is not found: then the others that are not found are not gone either. */
  async function assertFound(found: readonly StoredSession[], caller: Caller): Promise<void> {
    const { sessionId } = principalOf(caller);
    if (found.some(({ id }) => id === sessionId)) return;
    if ((await sessions.find(sessionId)) === undefined) throw new StoreUnavailable(INCOMPLETE);
  }

  async function listOwn(caller: Caller): Promise<StoredSession[]> {
    const listed = await sessions.listOf(principalOf(caller).user.id);
    await assertFound(listed, caller);
    return listed;
  }

  return { listOwn, assertFound };
}

const INCOMPLETE =
  'The session that asks is not in sessions: documents were lost there; put the collection back';
