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

/** Kinds that succeed with a live token only. A logout succeeds with a revoked one as well. */
const ACCEPTANCES: ReadonlySet<Kind> = new Set(['me', 'refresh', 'revoke_all']);

const UNDECIDED: ReadonlySet<unknown> = new Set(['store_unavailable', 'busy']);

/** The codes of 401 that each kind may get, and the revocations that lead to them. */
const REFUSALS: Readonly<Record<Kind, Readonly<Record<string, readonly Kind[]>>>> = {
  login: {},
  logout: {},
  me: { token_revoked: ['logout'], user_tokens_revoked: ['revoke_all'] },
  revoke_all: { token_revoked: ['logout'], user_tokens_revoked: ['revoke_all'] },
  refresh: {
    refresh_token_revoked: ['logout', 'revoke_all'],
    refresh_token_reused: ['logout', 'revoke_all'],
  },
};

/** Returns true for an answer that an honest client with good credentials can get. */
function isPossible({ kind, session }: Operation, { status, code = '', ...named }: Answer) {
  if (status === 503) return UNDECIDED.has(code);
  if (status === 401) return Object.hasOwn(REFUSALS[kind], code);
  const isOfAnother = session !== undefined && (named.session ?? session) !== session;
  return status === 200 && !isOfAnother;
}

/** Logins and logouts by session and revoke-alls by user, without those that took no effect. */
type Index = ReadonlyMap<string, readonly Operation[]>;

function indexHistory(history: readonly Operation[]): Index {
  const index = new Map<string, Operation[]>();
  for (const operation of history) {
    const { kind, session, user, answer } = operation;
    const id = { login: answer?.session, logout: session, revoke_all: user, me: '', refresh: '' };
    const key = `${kind} ${id[kind]}`;
    if (id[kind] && mayHaveHappened(operation)) {
      index.set(key, [...(index.get(key) ?? []), operation]);
    }
  }
  return index;
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

function findCauses({ session, user }: Operation, index: Index): readonly Cause[] {
  const login = index.get(`login ${session}`)?.[0];
  const keys = [`logout ${session}`, `revoke_all ${user}`];
  return keys.flatMap((key) => index.get(key) ?? []).map((revocation) => ({ revocation, login }));
}

/** A revoke-all certainly revokes the sessions that were open before it was sent. */
function mustBeSeen({ revocation, login }: Cause, { start }: Operation): boolean {
  const coversSession =
    revocation.kind === 'logout' || login === undefined || login.end < revocation.start;
  return isAcknowledged(revocation) && coversSession && revocation.end < start;
}

/** A revoke-all may revoke sessions opened while it was under way, but none begun after it had ended. */
function mayExplain({ revocation, login }: Cause, { kind, answer, end }: Operation): boolean {
  const isDone = isAcknowledged(revocation) && revocation.kind === 'revoke_all';
  const coversSession = !isDone || login === undefined || login.start < revocation.end;
  const revokesSo = REFUSALS[kind][answer?.code ?? '']?.includes(revocation.kind) ?? false;
  return revokesSo && coversSession && revocation.start < end;
}
