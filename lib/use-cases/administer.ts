import { actorOf } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import { assertBoolean } from '../input.ts';
import type { Audit } from '../store/audit.ts';
import type { BoundedCount } from '../store/bounded-count.ts';
import type { StoredSession } from '../store/sessions.ts';
import type { User, Users } from '../store/users.ts';
import { createNoteEnded, type EndSessionsParts } from './end-sessions.ts';
import { createLiveSessions, noneIfLost } from './live-sessions.ts';

export interface AdministerParts extends EndSessionsParts {
  readonly users: Pick<Users, 'find'>;
  readonly audit: Audit;
}

export interface DryRunInput {
  /** Counts, and does nothing. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface UserInput {
  readonly userId: string;
}

/** What an administrator can do to others. Whether the caller is one is for the application to check. */
export interface Administer {
  /**
   * Revokes every token of a user, and answers how many live sessions that ended, or would. AuthError
   * `not_found` for no user, `store_unavailable`.
   */
  readonly revokeUserTokens: UseCase<UserInput & DryRunInput, { readonly sessionsEnded: number }>;
  /**
   * Revokes every token of everyone, the caller's too, and answers how many sessions that ended, or
   * would. They are counted before: logins meanwhile are not among them, and sessions that a revoke-all
   * of their user ended are until they expire. AuthError `store_unavailable`.
   */
  readonly revokeEveryone: UseCase<DryRunInput, { readonly sessionsEnded: BoundedCount }>;
  /** The live sessions of a user, the newest first. AuthError `not_found` for no user, `store_unavailable`. */
  readonly userSessions: UseCase<UserInput, StoredSession[]>;
}

const REASON = 'admin_requested';
const NO_USER = 'There is no user with this id';

/** Makes what administrators revoke and look at. */
export function createAdminister(parts: AdministerParts): Administer {
  const { revocations, sessions, users, audit } = parts;
  const liveSessions = createLiveSessions(parts);
  const noteEnded = createNoteEnded(parts);

  async function known(userId: string): Promise<User> {
    const user = typeof userId === 'string' ? await users.find(userId) : undefined;
    if (user === undefined) throw new AuthError('not_found', NO_USER, { description: NO_USER });
    return user;
  }

  return {
    async revokeUserTokens({ userId, dryRun = false }, caller) {
      assertBoolean('dryRun', dryRun);
      const user = await known(userId);
      const counted = liveSessions(userId);
      const live = await (dryRun ? counted : counted.catch(noneIfLost));
      const ended = { sessionsEnded: live.length };
      if (dryRun) return ended;
      await revocations.revokeUser({ userId, reason: REASON, revokedBy: actorOf(caller) });
      noteEnded(live.map(({ id }) => id));
      const details = { reason: REASON, sessions_ended: live.length };
      await audit.record({ action: 'tokens_revoked_by_admin', user, details }, caller);
      return ended;
    },

    async revokeEveryone({ dryRun = false }, caller) {
      assertBoolean('dryRun', dryRun);
      const { deployment } = await revocations.cutoffs(undefined);
      const sessionsEnded = await sessions.countAbove(deployment);
      if (dryRun) return { sessionsEnded };
      await revocations.revokeEveryone({ reason: REASON, revokedBy: actorOf(caller) });
      const details = { reason: REASON, sessions_ended: sessionsEnded.count };
      await audit.record({ action: 'everyone_revoked', user: undefined, details }, caller);
      return { sessionsEnded };
    },

    async userSessions({ userId }) {
      await known(userId);
      return liveSessions(userId);
    },
  };
}
