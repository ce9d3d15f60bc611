import { actorOf } from '../../lib/caller.ts';
import { AuthError } from '../../lib/errors.ts';
import type { Session } from '../../lib/store/sessions.ts';
import type { UnverifiedToken } from '../../lib/tokens/unverified-token.ts';
import { revokeEveryone, revokeUserTokens } from '../../lib/use-cases/admin.ts';
import { auditedUser } from '../../lib/use-cases/shared/audited-user.ts';
import { endSessions, markEndedInBackground } from '../../lib/use-cases/shared/end-sessions.ts';
import { liveSessions, noneIfLost } from '../../lib/use-cases/shared/live-sessions.ts';
import { operatorOf } from './operator.ts';
import { readToken } from './read-token.ts';
import type { CommandStore } from './with-store.ts';

/** Revokes one thing, or with `dryRun` changes nothing, and answers a line that says what came of it. AuthError `not_found`. */
type Revoke = (value: string, dryRun: boolean) => Promise<string>;

/** What can be revoked: a user or session by id, a token by its file, a key by its `kid`, everyone. */
export interface Targets {
  readonly user: Revoke;
  readonly session: Revoke;
  readonly token: Revoke;
  readonly key: Revoke;
  readonly everyone: Revoke;
}

const CALLER = operatorOf('revoke');
const CAUSE = { reason: 'admin_requested', revokedBy: actorOf(CALLER) } as const;

/** Makes them on this store. */
export function createTargets(store: CommandStore): Targets {
  const { sessions } = store;

  async function session(id: string, dryRun: boolean): Promise<string> {
    const found = await sessions.find(id);
    if (found === undefined) throw noSession();
    const ended = await endOne(store, found, dryRun);
    return tell(dryRun, `every token of the session ${id} of the user ${found.userId}`, ended);
  }

  return {
    session,
    key: createRevokeKey(store),

    async user(userId, dryRun) {
      const { sessionsEnded } = await revokeUserTokens(store, { userId, dryRun }, CALLER);
      return tell(dryRun, `every token of the user ${userId}`, told(sessionsEnded));
    },

    async token(file, dryRun) {
      const token = await readToken(file);
      if (!('hash' in token)) return session(token.sessionId, dryRun);
      const { sessionId: id, userId } = token;
      const ended = await endOne(store, { id, userId }, dryRun, token);
      const what = `the token and its session ${id} of the user ${userId} (signature not checked)`;
      return tell(dryRun, what, ended);
    },

    async everyone(_value, dryRun) {
      const { sessionsEnded } = await revokeEveryone(store, { dryRun }, CALLER);
      const { count, isLowerBound } = sessionsEnded;
      return tell(dryRun, 'every token of everyone', told(count, isLowerBound ? 'at least ' : ''));
    },
  };
}

const KEY_ADVICE =
  'Servers that sign with it need another JWT_SECRET_KEY before anyone can log in there again.';

/** Which sessions have tokens of which key is written nowhere: all there are is the most that can end. */
function createRevokeKey({ sessions, revocations, audit }: CommandStore): Revoke {
  return async function revokeKey(kid, dryRun) {
    const { deployment } = await revocations.cutoffs(undefined);
    const { count, isLowerBound } = await sessions.countAbove(deployment);
    if (!dryRun) {
      await revocations.revokeKey({ kid, ...CAUSE });
      const details = { reason: CAUSE.reason, kid };
      await audit.record({ action: 'key_revoked', user: undefined, details }, CALLER);
    }
    const ended = isLowerBound ? 'any number of live sessions' : told(count, 'at most ');
    return `${tell(dryRun, `every token that the key ${kid} has signed or ever will`, ended)} ${KEY_ADVICE}`;
  };
}

/** Ends one session, and its token if there is one. Returns the number of live sessions that ended, as text. */
async function endOne(
  store: CommandStore,
  session: Pick<Session, 'id' | 'userId'>,
  dryRun: boolean,
  token?: UnverifiedToken,
): Promise<string> {
  const counted = liveSessions(store, session.userId);
  const live = await (dryRun ? counted : counted.catch(noneIfLost));
  const ended = live.some(({ id }) => id === session.id) ? 1 : 0;
  if (dryRun) return told(ended);
  if (token === undefined) await endSessions(store, [session], CAUSE);
  else {
    await store.revocations.revokeTokenAndSession({ ...token, ...CAUSE });
    markEndedInBackground(store, [session.id]);
  }
  const user = await auditedUser(store.users, session.userId);
  const details = {
    reason: CAUSE.reason,
    session_ids: [session.id],
    ...(token !== undefined && { token_revoked: true }),
  };
  await store.audit.record({ action: 'session_revoked', user, details }, CALLER);
  return told(ended);
}

function told(sessions: number, bound = ''): string {
  return `${bound}${sessions} live ${sessions === 1 ? 'session' : 'sessions'}`;
}

function tell(dryRun: boolean, what: string, ended: string): string {
  return dryRun
    ? `Would revoke ${what}: ${ended} would end. Nothing was changed.`
    : `Revoked ${what}: ${ended} ended.`;
}

function noSession(): AuthError {
  const description = 'There is no session with this id';
  return new AuthError('not_found', description, { description });
}
