/**
 * Compares the checker with a naive judge of small histories, which tries everything: each request takes effect
 * at a moment between its start and its end, and its answer must be right for some choice of moments.
 */
import test from 'ava';
import fc from 'fast-check';
import { findBreaches } from './checker.ts';
import type { Operation } from './history.ts';
import { type AnswerName, sampleOperation } from './sample-operation.ts';

const RUNS = 3_000;

function spanFrom(latest: number) {
  return fc
    .tuple(fc.integer({ min: 0, max: latest }), fc.integer({ min: 1, max: 4 }))
    .map(([start, length]) => [start, start + length] as const);
}

/** `s1` and `s2` are of one user, `s3` of another. */
const findUser = (of: string) => (of === 's3' ? 'bob' : 'ann');
const session = fc.constantFrom('s1', 's1', 's1', 's2', 's3');

const logins = fc
  .tuple(spanFrom(5), spanFrom(2), spanFrom(2))
  .map((spans) => spans.map((at, index) => login(`s${index + 1}`, at)));

/** The session `s2` was opened by a password that nobody changes. */
function login(of: string, at: readonly [number, number]): Operation {
  const password = of === 's2' ? 'kept' : 'old';
  return sampleOperation('login', at, 'ok', { session: of, user: findUser(of), password });
}

function operations(kind: Operation['kind'], words: readonly AnswerName[], password?: string) {
  return fc
    .tuple(spanFrom(12), session, fc.constantFrom(...words))
    .map(([at, of, word]) =>
      sampleOperation(kind, at, word, { session: of, user: findUser(of), password }),
    );
}

const histories = fc
  .tuple(
    logins,
    fc.array(
      fc.oneof(
        operations('logout', ['ok', 'ok', 'away', 'silence']),
        operations('revoke_all', ['ok', 'ok', 'away', 'silence', 'user_tokens_revoked']),
        operations('me', ['ok', 'ok', 'ok', 'token_revoked', 'user_tokens_revoked']),
        operations('refresh', ['ok', 'ok', 'refresh_token_revoked', 'refresh_token_expired']),
        operations('change_password', ['ok', 'away', 'silence', 'user_tokens_revoked'], 'old'),
        operations('revoke_everyone', ['ok']),
      ),
      { minLength: 3, maxLength: 8, size: 'max' },
    ),
  )
  .map(([opened, others]) => [...opened, ...others.filter((each) => isPresentable(each, opened))]);

/** Returns false for a token that the client has not been given yet. */
function isPresentable({ session: of, start }: Operation, opened: readonly Operation[]): boolean {
  return opened.some(({ answer, end }) => answer?.session === of && end <= start);
}

type Verdict = 'lost' | 'false_refusal' | 'fine';

/** Judges an operation by trying all moments; undefined where its answer is no question of moments. */
function judge(history: readonly Operation[], operation: Operation): Verdict | undefined {
  const { kind, answer } = operation;
  const isJudged = kind !== 'logout' && kind !== 'revoke_everyone';
  if (!isJudged || answer === undefined || answer.status === 503) return undefined;
  const isRefusal = answer.status === 401;
  const isFine = isPossible(findExplaining(history, operation), operation);
  return isFine ? 'fine' : isRefusal ? 'false_refusal' : 'lost';
}

const OF_USER = ['revoke_all', 'change_password', 'revoke_everyone'];

/** Kinds that can lead to a code. Every kind can lead to each other one. */
const EXPLAIN: Readonly<Record<string, readonly string[]>> = {
  token_revoked: ['logout'],
  user_tokens_revoked: OF_USER,
  refresh_token_expired: ['revoke_everyone'],
};

/** Keeps what can lead to this code, or to the refusal of a password. */
function findExplaining(
  history: readonly Operation[],
  { kind: asked, answer }: Operation,
): readonly Operation[] {
  if (asked === 'login') return history.filter(({ kind }) => kind === 'change_password');
  const kinds = EXPLAIN[answer?.code ?? ''] ?? ['login', 'logout', ...OF_USER];
  return history.filter(({ kind }) => kind === 'login' || kinds.includes(kind));
}

/** Distance of moments: finer than the whole times of generated histories. */
const STEP = 0.25;
/** Last moment at which a revocation that was not acknowledged takes effect. */
const LATEST = 40;

function isPossible(history: readonly Operation[], operation: Operation): boolean {
  const { session, user, start, end, answer } = operation;
  const login =
    operation.kind === 'login'
      ? operation
      : history.find((each) => each.kind === 'login' && each.answer?.session === session);
  const logins = login ? listMoments(login.start, login.end) : [Number.NEGATIVE_INFINITY];
  const reads = listMoments(start, end);
  const revocations = history.filter(
    (each) =>
      (each.kind === 'logout' && each.session === session) ||
      (OF_USER.includes(each.kind) && each.user === user) ||
      each.kind === 'revoke_everyone',
  );
  const canBeSeen = (is: boolean, opened: number, read: number) => (revocation: Operation) =>
    listEffects(revocation).some((at) => isSeen(revocation, { login, opened, at, read }) === is);
  return logins.some((opened) =>
    reads.some((read) =>
      answer?.status === 401
        ? revocations.some(canBeSeen(true, opened, read))
        : revocations.every(canBeSeen(false, opened, read)),
    ),
  );
}

interface Moments {
  readonly login: Operation | undefined;
  /** Moments at which the session was opened, at which the revocation took effect, and of the read. */
  readonly opened: number;
  readonly at: number;
  readonly read: number;
}

/** Returns true where a read sees a revocation of its session. */
function isSeen({ kind, password }: Operation, { login, opened, at, read }: Moments): boolean {
  const isOld = kind === 'change_password' && login?.password === password;
  return at < read && (kind === 'logout' || isOld || opened < at);
}

/** Lists the moments at which a revocation may have taken effect: infinity stands for never. */
function listEffects({ answer, start, end }: Operation): number[] {
  if (answer?.status === 200) return listMoments(start, end);
  if (answer?.status === 401) return [Number.POSITIVE_INFINITY];
  return [...listMoments(start, LATEST), Number.POSITIVE_INFINITY];
}

function listMoments(from: number, to: number): number[] {
  const count = Math.floor((to - from) / STEP) + 1;
  return Array.from({ length: count }, (_, index) => from + index * STEP);
}

test('the checker finds a breach where no choice of moments allows the answer, and nowhere else', (t) => {
  const seen = { lost: 0, false_refusal: 0, fine: 0 };
  fc.assert(
    fc.property(histories, (history) => {
      const breaches = findBreaches(history, { mayBreakOff: true });
      const found = new Map(breaches.map(({ operation, rule }) => [operation, rule]));
      return history.every((operation) => {
        const verdict = judge(history, operation);
        if (verdict === undefined) return !found.has(operation);
        seen[verdict]++;
        return (found.get(operation) ?? 'fine') === verdict;
      });
    }),
    { numRuns: RUNS },
  );
  t.true(Math.min(...Object.values(seen)) > RUNS / 20, JSON.stringify(seen));
  t.log(seen);
});
