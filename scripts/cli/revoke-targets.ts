import { toActor } from '../../lib/caller.ts';
import { AuthError } from '../../lib/errors.ts';
import type { Session } from '../../lib/store/sessions/sessions.ts';
import type { UnverifiedToken } from '../../lib/tokens/access/unverified-token.ts';
import { revokeEveryone, revokeUserTokens } from '../../lib/use-cases/admin.ts';
import { auditedUser } from '../../lib/use-cases/shared/audited-user.ts';
import { endSessions, markEndedInBackground } from '../../lib/use-cases/shared/end-sessions.ts';
import { liveSessions, noneIfLost } from '../../lib/use-cases/shared/live-sessions.ts';
import { settle } from '../../lib/use-cases/shared/settle.ts';
import { cliCaller } from './cli-caller.ts';
import { readToken } from './read-token.ts';
import type { CommandStore } from './with-store.ts';

/**
 * Revokes a target, or with `dryRun` only counts its live sessions. Returns a line to print. Throws AuthError
 * `not_found` for an unknown user or session.
 */
type Revoke = (value: string, dryRun: boolean) => Promise<string>;

/** Revoke functions by kind of target. The value is an id (user, session), a file (token) or a `kid` (key). */
export interface Targets {
  readonly user: Revoke;
  readonly session: Revoke;
  readonly token: Revoke;
  readonly key: Revoke;
  readonly everyone: Revoke;
}

const CALLER = cliCaller('revoke');
const CAUSE = { reason: 'admin_requested', revokedBy: toActor(CALLER) } as const;

/** Creates the revoke functions of all kinds of targets. */
export function createTargets(store: CommandStore): Targets {
  const { sessions } = store;

  async function session(id: string, dryRun: boolean): Promise<string> {
    const found = await sessions.find(id);
    if (found === undefined) throw unknownSession();
    const ended = await endOne(store, found, dryRun);
    return describe(dryRun, `every token of the session ${id} of the user ${found.userId}`, ended);
  }

  return {
    session,
    key: createRevokeKey(store),

    async user(userId, dryRun) {
      const { sessionsEnded } = await revokeUserTokens(store, { userId, dryRun }, CALLER);
      return describe(dryRun, `every token of the user ${userId}`, countSessions(sessionsEnded));
    },

    async token(file, dryRun) {
      const token = await readToken(file);
      if (!('hash' in token)) return session(token.sessionId, dryRun);
      const { sessionId: id, userId } = token;
      const ended = await endOne(store, { id, userId }, dryRun, token);
      const target = `the token and its session ${id} of the user ${userId} (signature not checked)`;
      return describe(dryRun, target, ended);
    },

    async everyone(_value, dryRun) {
      const { sessionsEnded } = await revokeEveryone(store, { dryRun }, CALLER);
      const { count, isLowerBound } = sessionsEnded;
      const ended = countSessions(count, isLowerBound ? 'at least ' : '');
      return describe(dryRun, 'every token of everyone', ended);
    },
  };
}

const KEY_ADVICE =
  'Nobody can log in at a server that signs with this key. Set another JWT_SECRET_KEY or JWT_PRIVATE_KEY on that server.';

/**
 * Creates the revoke function of `key`. A session does not store its key, so the function counts the sessions of all
 * keys, which is an upper bound.
 */
function createRevokeKey(store: CommandStore): Revoke {
  const { sessions, revocations, audit } = store;
  return async function revokeKey(kid, dryRun) {
    const { deployment } = await revocations.cutoffs(undefined);
    const { count, isLowerBound } = await sessions.countAbove(deployment);
    if (!dryRun) {
      const revoked = await revocations.revokeKey({ kid, ...CAUSE });
      const details = { reason: CAUSE.reason, kid };
      const event = { action: 'key_revoked', user: undefined, details } as const;
      await settle(store, revoked, audit.record(event, CALLER));
    }
    const ended = isLowerBound ? 'any number of live sessions' : countSessions(count, 'at most ');
    return `${describe(dryRun, `every token that the key ${kid} has signed or will sign`, ended)} ${KEY_ADVICE}`;
  };
}

/**
 * Revokes a session. If `token` is given, also revokes this token of the session. With `dryRun`, changes nothing.
 * Returns the number of live sessions that end (0 or 1) as text.
 */
async function endOne(
  store: CommandStore,
  session: Pick<Session, 'id' | 'userId'>,
  dryRun: boolean,
  token?: UnverifiedToken,
): Promise<string> {
  const counted = liveSessions(store, session.userId);
  const live = await (dryRun ? counted : counted.catch(noneIfLost));
  const ended = live.some(({ id }) => id === session.id) ? 1 : 0;
  if (dryRun) return countSessions(ended);
  const revoked = await revokeOne(store, session, token);
  await settle(store, revoked, recordOne(store, session, token));
  return countSessions(ended);
}

async function revokeOne(
  store: CommandStore,
  session: Pick<Session, 'id' | 'userId'>,
  token: UnverifiedToken | undefined,
) {
  if (token === undefined) return endSessions(store, [session], CAUSE);
  const revoked = await store.revocations.revokeTokenAndSession({ ...token, ...CAUSE });
  markEndedInBackground(store, [session.id]);
  return revoked;
}

async function recordOne(
  store: CommandStore,
  { id, userId }: Pick<Session, 'id' | 'userId'>,
  token: UnverifiedToken | undefined,
): Promise<void> {
  const user = await auditedUser(store.users, userId);
  const details = {
    reason: CAUSE.reason,
    session_ids: [id],
    ...(token !== undefined && { token_revoked: true }),
  };
  await store.audit.record({ action: 'session_revoked', user, details }, CALLER);
}

function countSessions(sessions: number, bound = ''): string {
  return `${bound}${sessions} live ${sessions === 1 ? 'session' : 'sessions'}`;
}

function describe(dryRun: boolean, target: string, ended: string): string {
  return dryRun
    ? `Would revoke ${target}: ${ended} would end. Nothing was changed.`
    : `Revoked ${target}: ${ended} ended.`;
}

function unknownSession(): AuthError {
  const description = 'There is no session with this id';
  return new AuthError('not_found', description, { description });
}
