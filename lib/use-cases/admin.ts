import { assertBoolean } from '../assert.ts';
import { type Caller, toActor } from '../caller.ts';
import { AuthError } from '../errors.ts';
import type { Users } from '../store/accounts/users.ts';
import type { BoundedCount } from '../store/mongo/bounded-count.ts';
import type { Audit } from '../store/records/audit.ts';
import type { StoredSession } from '../store/sessions/sessions.ts';
import type { User } from '../user.ts';
import { type EndSessionsDeps, markEndedInBackground } from './shared/end-sessions.ts';
import { liveSessions, noneIfLost } from './shared/live-sessions.ts';
import { type SettleDeps, settle } from './shared/settle.ts';

export interface AdminDeps extends EndSessionsDeps, SettleDeps {
  readonly users: Pick<Users, 'find'>;
  readonly audit: Audit;
}

export interface DryRunInput {
  /** True to count the sessions without revoking anything. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface UserInput {
  readonly userId: string;
}

const REASON = 'admin_requested';
const NO_USER = 'There is no user with this id';

/**
 * Revokes every token of a user, and returns the number of live sessions that this ends. With `dryRun`, only counts the
 * sessions. Rejects with AuthError `not_found` if there is no such user, or `store_unavailable`.
 */
export async function revokeUserTokens(
  deps: AdminDeps,
  { userId, dryRun = false }: UserInput & DryRunInput,
  caller: Caller,
): Promise<{ readonly sessionsEnded: number }> {
  assertBoolean('dryRun', dryRun);
  const user = await findUser(deps, userId);
  const counted = liveSessions(deps, userId);
  const live = await (dryRun ? counted : counted.catch(noneIfLost));
  const ended = { sessionsEnded: live.length };
  if (dryRun) return ended;
  const cause = { reason: REASON, revokedBy: toActor(caller) };
  const revoked = await deps.revocations.revokeUser({ userId, ...cause });
  markEndedInBackground(
    deps,
    live.map(({ id }) => id),
  );
  const details = { reason: REASON, sessions_ended: live.length };
  const event = { action: 'tokens_revoked_by_admin', user, details } as const;
  await settle(deps, revoked, deps.audit.record(event, caller));
  return ended;
}

/**
 * Revokes every token of everyone, even the caller, and returns the number of sessions that this ends. With `dryRun`,
 * only counts the sessions. The count is made before the revocation, so it misses concurrent logins, and includes
 * unexpired sessions that a cutoff of their user has already revoked. Rejects with AuthError `store_unavailable`.
 */
export async function revokeEveryone(
  deps: AdminDeps,
  { dryRun = false }: DryRunInput,
  caller: Caller,
): Promise<{ readonly sessionsEnded: BoundedCount }> {
  assertBoolean('dryRun', dryRun);
  const { revocations, sessions, audit } = deps;
  const { deployment } = await revocations.cutoffs(undefined);
  const sessionsEnded = await sessions.countAbove(deployment);
  if (dryRun) return { sessionsEnded };
  const cause = { reason: REASON, revokedBy: toActor(caller) };
  const revoked = await revocations.revokeEveryone(cause);
  const details = { reason: REASON, sessions_ended: sessionsEnded.count };
  const event = { action: 'everyone_revoked', user: undefined, details } as const;
  await settle(deps, revoked, audit.record(event, caller));
  return { sessionsEnded };
}

/** Lists a user's live sessions, newest first. Rejects with AuthError `not_found` (no user), `store_unavailable`. */
export async function userSessions(
  deps: AdminDeps,
  { userId }: UserInput,
): Promise<StoredSession[]> {
  await findUser(deps, userId);
  return liveSessions(deps, userId);
}

async function findUser({ users }: AdminDeps, userId: string): Promise<User> {
  const user = typeof userId === 'string' ? await users.find(userId) : undefined;
  if (user === undefined) throw new AuthError('not_found', NO_USER, { description: NO_USER });
  return user;
}
