/** Judges a history by the promise: revoked means revoked, and nothing else does. */
import { type Answer, isAcknowledged, type Kind, type Operation } from './history.ts';

export interface Rules {
  /** Allows requests without an answer, as where a server is killed. Default false. */
  readonly mayBreakOff?: boolean;
}

/**
 * `lost`: a token was accepted after its revocation had been acknowledged. `false_refusal`: a token was called
 * revoked, and no request can have revoked it. `wrong_answer`: an answer that no client may get.
 */
export type Rule = 'lost' | 'false_refusal' | 'wrong_answer' | 'no_answer';

export interface Breach {
  readonly rule: Rule;
  readonly operation: Operation;
  /** The acknowledged revocation, where it was lost. */
  readonly revocation?: Operation;
}

/**
 * Returns all breaches of the promise. A login that overlaps a revoke-all may be revoked by it or not; a
 * revocation that was not acknowledged may have taken effect, or may do so at any later time.
 */
export function findBreaches(history: readonly Operation[], rules: Rules = {}): Breach[] {
  const index = indexHistory(history);
  return history.flatMap((operation) => findBreach(operation, index, rules) ?? []);
}

function findBreach(operation: Operation, index: Index, rules: Rules): Breach | undefined {
  const { answer, kind } = operation;
  if (answer === undefined) {
    return rules.mayBreakOff ? undefined : { rule: 'no_answer', operation };
  }
  if (!isPossible(operation, answer)) return { rule: 'wrong_answer', operation };
  const causes = findCauses(operation, index);
  if (answer.status === 401) {
    const isExplained = causes.some((cause) => mayExplain(cause, operation));
    return isExplained ? undefined : { rule: 'false_refusal', operation };
  }
  if (!isAcknowledged(operation) || !ACCEPTANCES.has(kind)) return undefined;
  const lost = causes.find((cause) => mustBeSeen(cause, operation));
  return lost && { rule: 'lost', operation, revocation: lost.revocation };
}

/** Kinds that succeed with a live token or password only. A logout succeeds with a revoked token as well. */
const ACCEPTANCES: ReadonlySet<Kind> = new Set([
  'login',
  'me',
  'refresh',
  'revoke_all',
  'change_password',
]);

const UNDECIDED: ReadonlySet<unknown> = new Set(['store_unavailable', 'busy']);

/** Kinds that revoke all sessions of a user. */
const OF_USER = ['revoke_all', 'change_password', 'revoke_everyone'] as const;

const REFUSED_TOKEN: Readonly<Record<string, readonly Kind[]>> = {
  token_revoked: ['logout'],
  user_tokens_revoked: OF_USER,
};

/** The codes of 401 that each kind may get, and the revocations that lead to them. */
const REFUSALS: Readonly<Record<Kind, Readonly<Record<string, readonly Kind[]>>>> = {
  login: { invalid_credentials: ['change_password'] },
  logout: {},
  me: REFUSED_TOKEN,
  revoke_all: REFUSED_TOKEN,
  change_password: REFUSED_TOKEN,
  refresh: {
    refresh_token_revoked: ['logout', ...OF_USER],
    refresh_token_reused: ['logout', ...OF_USER],
    refresh_token_expired: ['revoke_everyone'], // a session opened after the backup is gone
  },
  revoke_everyone: {},
};

/** Returns true for an answer that an honest client with good credentials can get. */
function isPossible({ kind, session }: Operation, { status, code = '', ...named }: Answer) {
  if (status === 503) return UNDECIDED.has(code);
  if (status === 401) return Object.hasOwn(REFUSALS[kind], code);
  const own = kind === 'change_password' ? undefined : session; // a change returns a new session
  return status === 200 && (own === undefined || (named.session ?? own) === own);
}

/** Logins and logouts by session and other revocations by user, without those that took no effect. */
type Index = ReadonlyMap<string, readonly Operation[]>;

const EVERYONE = 'everyone';

function indexHistory(history: readonly Operation[]): Index {
  const index = new Map<string, Operation[]>();
  for (const operation of history) {
    const key = toKey(operation);
    if (key !== undefined && mayHaveHappened(operation)) {
      index.set(key, [...(index.get(key) ?? []), operation]);
    }
  }
  return index;
}

function toKey({ kind, session, user, answer }: Operation): string | undefined {
  if (kind === 'login') return answer?.session && `login ${answer.session}`;
  if (kind === 'logout') return `logout ${session}`;
  if (kind === 'revoke_everyone') return EVERYONE;
  return kind === 'revoke_all' || kind === 'change_password' ? `user ${user}` : undefined;
}

/** Returns false for a refused request. One that was not answered may have taken effect. */
function mayHaveHappened({ answer }: Operation): boolean {
  return answer === undefined || answer.status < 300 || answer.status >= 500;
}

/** A revocation that was sent, and the login of the session that it may revoke. */
interface Cause {
  readonly revocation: Operation;
  readonly login: Operation | undefined;
}

function findCauses(operation: Operation, index: Index): readonly Cause[] {
  const { session, user } = operation;
  const login = operation.kind === 'login' ? operation : index.get(`login ${session}`)?.[0];
  const keys = [`logout ${session}`, `user ${user}`, EVERYONE];
  return keys.flatMap((key) => index.get(key) ?? []).map((revocation) => ({ revocation, login }));
}

/**
 * A revoke-all certainly revokes the sessions that were open before it was sent, and a change of the password those of
 * the old password, whenever they were opened.
 */
function mustBeSeen(cause: Cause, { start }: Operation): boolean {
  const { revocation, login } = cause;
  const isOlder = login === undefined || login.end < revocation.start;
  const coversSession = revocation.kind === 'logout' || isOlder || isOfOldPassword(cause);
  return isAcknowledged(revocation) && coversSession && revocation.end < start;
}

/** A revoke-all may revoke sessions opened while it was under way, but none begun after it had ended. */
function mayExplain(cause: Cause, { kind, answer, end }: Operation): boolean {
  const { revocation, login } = cause;
  const isDone = isAcknowledged(revocation) && revocation.kind !== 'logout';
  const mayCover = !isDone || login === undefined || login.start < revocation.end;
  const coversSession = isOfOldPassword(cause) || (kind !== 'login' && mayCover);
  const revokesSo = REFUSALS[kind][answer?.code ?? '']?.includes(revocation.kind) ?? false;
  return revokesSo && coversSession && revocation.start < end;
}

function isOfOldPassword({ revocation, login }: Cause): boolean {
  return revocation.password !== undefined && login?.password === revocation.password;
}
