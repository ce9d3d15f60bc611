/** Judges a history by the promise: revoked means revoked, and nothing else does. */
import { type Answer, isAcknowledged, type Kind, type Operation } from './history.ts';

export interface Rules {
  /** Milliseconds after its acknowledgement for which a revocation may go unseen. Default 0. */
  readonly allowance?: number;
  /** Whether requests may end without an answer, as they do where a server is killed. Default false. */
  readonly mayBreakOff?: boolean;
}

/**
 * `lost`: a token was accepted although its revocation had been acknowledged before. `false_refusal`: it was
 * called revoked, and nothing that was sent can have revoked it. `wrong_answer`: an answer that nobody may get.
 */
export type Rule = 'lost' | 'false_refusal' | 'wrong_answer' | 'no_answer';

export interface Breach {
  readonly rule: Rule;
  readonly operation: Operation;
  /** What should have been seen, where something was lost. */
  readonly revocation?: Operation;
}

/**
 * All breaches of the promise in a history. A login that overlaps a revoke-all may be caught by it or not; a
 * revocation that was not acknowledged may have happened, or may happen at any later time.
 */
export function findBreaches(history: readonly Operation[], rules: Rules = {}): Breach[] {
  const causes = createCauses(history);
  return history.flatMap((operation) => breachOf(operation, causes, rules) ?? []);
}

/** How long after the acknowledgement of its revocation each token was accepted that should not have been, in milliseconds. */
export function latenessOf(history: readonly Operation[]): number[] {
  return findBreaches(history).flatMap(({ operation, revocation }) =>
    revocation === undefined ? [] : [operation.start - revocation.end],
  );
}

function breachOf(operation: Operation, causes: Causes, rules: Rules): Breach | undefined {
  const { answer } = operation;
  if (answer === undefined) {
    return rules.mayBreakOff ? undefined : { rule: 'no_answer', operation };
  }
  if (!isAnswer(operation, answer)) return { rule: 'wrong_answer', operation };
  const known = causes.of(operation);
  if (answer.status === 401) {
    const isExplained = known.some((cause) => mayExplain(cause, operation));
    return isExplained ? undefined : { rule: 'false_refusal', operation };
  }
  if (!isAcknowledged(operation) || !ACCEPTANCES.has(operation.kind)) return undefined;
  const lost = known.find((cause) => mustBeSeen(cause, operation, rules.allowance ?? 0));
  return lost && { rule: 'lost', operation, revocation: lost.revocation };
}

/** What is done for a good token only. A logout is done for a revoked one as well. */
const ACCEPTANCES: ReadonlySet<Kind> = new Set(['me', 'refresh', 'revoke_all']);

const NOT_DECIDED: ReadonlySet<unknown> = new Set(['store_unavailable', 'busy']);

/** The 401s that each kind may get, and what revokes so. */
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

/** Whether an honest client with good credentials can get this answer. */
function isAnswer({ kind, session }: Operation, { status, code = '', ...of }: Answer): boolean {
  if (status === 503) return NOT_DECIDED.has(code);
  if (status === 401) return Object.hasOwn(REFUSALS[kind], code);
  const speaksOfAnother = session !== undefined && (of.session ?? session) !== session;
  return status === 200 && !speaksOfAnother;
}

/** A revocation that was sent, seen from one session: `login` opened it. */
interface Cause {
  readonly revocation: Operation;
  readonly login: Operation | undefined;
}

interface Causes {
  /** Whatever was sent that could revoke what the operation presents. */
  of(operation: Operation): readonly Cause[];
}

function createCauses(history: readonly Operation[]): Causes {
  const sent = history.filter(mayHaveHappened);
  const logouts = groupBy(sent, ({ kind, session }) => (kind === 'logout' ? session : undefined));
  const all = groupBy(sent, ({ kind, user }) => (kind === 'revoke_all' ? user : undefined));
  const logins = groupBy(history, ({ kind, answer }) =>
    kind === 'login' ? answer?.session : undefined,
  );
  return {
    of({ session = '', user }) {
      const login = logins.get(session)?.[0];
      const revocations = [...(logouts.get(session) ?? []), ...(all.get(user) ?? [])];
      return revocations.map((revocation) => ({ revocation, login }));
    },
  };
}

/** A request that was refused for what it was did nothing; one that was not answered may have done all of it. */
function mayHaveHappened({ answer }: Operation): boolean {
  return answer === undefined || answer.status < 300 || answer.status >= 500;
}

/** A revoke-all revokes for certain what was open before it was sent. */
function mustBeSeen({ revocation, login }: Cause, { start }: Operation, allowance: number) {
  const coversSession =
    revocation.kind === 'logout' || login === undefined || login.end < revocation.start;
  return isAcknowledged(revocation) && coversSession && revocation.end + allowance < start;
}

/** A revoke-all may have revoked what was not yet open when it was sent, but not what was begun after it was done. */
function mayExplain({ revocation, login }: Cause, { kind, answer, end }: Operation): boolean {
  const isDone = isAcknowledged(revocation) && revocation.kind === 'revoke_all';
  const coversSession = !isDone || login === undefined || login.start < revocation.end;
  const revokesSo = REFUSALS[kind][answer?.code ?? '']?.includes(revocation.kind) ?? false;
  return revokesSo && coversSession && revocation.start < end;
}

function groupBy<T>(
  values: readonly T[],
  keyOf: (value: T) => string | undefined,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === undefined) continue;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(value);
  }
  return groups;
}
