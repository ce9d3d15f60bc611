import { type Caller, toPrincipal } from '../caller.ts';
import { AuthError, StoreUnavailable } from '../errors.ts';
import type { Acknowledged } from '../store/mongo/causal-reads.ts';
import { NAMES } from '../store/mongo/collections.ts';
import type { Audit } from '../store/records/audit.ts';
import { MOST_LISTED, type StoredSession } from '../store/sessions/sessions.ts';
import { type EndSessionsDeps, endSessions } from './shared/end-sessions.ts';
import { keepLive } from './shared/live-sessions.ts';
import { type SettleDeps, settle } from './shared/settle.ts';

export interface SessionsDeps extends EndSessionsDeps, SettleDeps {
  readonly audit: Audit;
}

/** A session that is neither expired nor revoked. */
export interface LiveSession extends StoredSession {
  /** True for the session of the caller's token. */
  readonly isCurrent: boolean;
}

/** Lists the caller's live sessions, newest first. Needs `caller.principal`. May reject with `store_unavailable`. */
export async function listSessions(
  deps: SessionsDeps,
  _input: unknown,
  caller: Caller,
): Promise<LiveSession[]> {
  const { user, sessionId } = toPrincipal(caller);
  const live = await keepLive(deps, user.id, await listOwn(deps, caller));
  return live.map((session) => ({ isCurrent: session.id === sessionId, ...session }));
}

/**
 * Ends one session of the caller. Needs `caller.principal`. Rejects with AuthError `not_found` for a session that is
 * not the caller's, or `store_unavailable`.
 */
export async function endSession(
  deps: SessionsDeps,
  { sessionId }: { readonly sessionId: string },
  caller: Caller,
): Promise<void> {
  const { user } = toPrincipal(caller);
  const isId = typeof sessionId === 'string'; // an object such as { $ne: null } would match some session
  const session = isId ? await deps.sessions.findByUser(user.id, sessionId) : undefined;
  if (session === undefined) {
    await assertFound(deps, [], caller);
    const description = 'The user has no such session';
    throw new AuthError('not_found', description, { description });
  }
  const { revoked, audited } = await endOwn(deps, [session], caller);
  await settle(deps, revoked, audited);
}

/**
 * Ends all other sessions of the caller, and returns the number of live ones. Sessions that are already revoked are
 * revoked again, because the earlier write may not have reached a majority. Waits for the other servers even if there is
 * no session to end: a login may just have ended one as surplus, or a refresh as stolen, and neither has waited. Goes on
 * until a list is not full, so that none is left out. Needs `caller.principal`. Rejects with AuthError
 * `store_unavailable`.
 */
export async function endOtherSessions(
  deps: SessionsDeps,
  _input: unknown,
  caller: Caller,
): Promise<{ readonly ended: number }> {
  const { user, sessionId } = toPrincipal(caller);
  let ended = 0;
  let listed: StoredSession[] = [];
  let written: Written;
  do {
    listed = await listOwn(deps, caller, listed.at(-1));
    const others = listed.filter(({ id }) => id !== sessionId);
    ended += (await keepLive(deps, user.id, others)).length;
    // The last write comes after the last list, so it is later than whatever had ended what is not on it.
    written = await (others.length > 0 ? endOwn(deps, others, caller) : writeNothing(deps));
  } while (listed.length === MOST_LISTED);
  await settle(deps, written.revoked, written.audited);
  return { ended };
}

/** A write that is to be settled, and its audit event. */
interface Written {
  readonly revoked: Acknowledged;
  readonly audited?: Promise<void>;
}

async function writeNothing({ revocations }: SessionsDeps): Promise<Written> {
  return { revoked: await revocations.acknowledgeEarlier() };
}

async function endOwn(
  deps: SessionsDeps,
  ended: readonly StoredSession[],
  caller: Caller,
): Promise<Written> {
  const { user } = toPrincipal(caller);
  const reason = 'user_requested';
  const revoked = await endSessions(deps, ended, { reason, revokedBy: user.id });
  const details = { reason, session_ids: ended.map(({ id }) => id) };
  const event = { action: 'session_revoked', user, details } as const;
  return { revoked, audited: deps.audit.record(event, caller) };
}

/** Lists the caller's sessions, or those that follow the `last` one of a list. */
async function listOwn(
  deps: SessionsDeps,
  caller: Caller,
  last?: StoredSession,
): Promise<StoredSession[]> {
  const listed = await deps.sessions.listByUser(toPrincipal(caller).user.id, last);
  await assertFound(deps, listed, caller);
  return listed;
}

const INCOMPLETE = `The session of the caller is missing from the collection "${NAMES.sessions}", which has lost documents. Restore the collection`;

/** Rejects if the caller's own session is missing, which proves that `sessions` has lost documents. */
async function assertFound(
  { sessions }: SessionsDeps,
  found: readonly StoredSession[],
  caller: Caller,
): Promise<void> {
  const { sessionId } = toPrincipal(caller);
  if (found.some(({ id }) => id === sessionId)) return;
  if ((await sessions.find(sessionId)) === undefined) throw new StoreUnavailable(INCOMPLETE);
}
