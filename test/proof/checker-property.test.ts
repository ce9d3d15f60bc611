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

function login(of: string, at: readonly [number, number]): Operation {
  return sampleOperation('login', at, 'ok', { session: of, user: findUser(of) });
}

function operations(kind: Operation['kind'], words: readonly AnswerName[]) {
  return fc
    .tuple(spanFrom(12), session, fc.constantFrom(...words))
    .map(([at, of, word]) => sampleOperation(kind, at, word, { session: of, user: findUser(of) }));
}

const histories = fc
  .tuple(
    logins,
    fc.array(
      fc.oneof(
        operations('logout', ['ok', 'ok', 'away', 'silence']),
        operations('revoke_all', ['ok', 'ok', 'away', 'silence', 'user_tokens_revoked']),
        operations('me', ['ok', 'ok', 'ok', 'token_revoked', 'user_tokens_revoked']),
        operations('refresh', ['ok', 'ok', 'refresh_token_revoked']),
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
  if (kind === 'login' || kind === 'logout' || answer === undefined || answer.status === 503) {
    return undefined;
  }
  const isRefusal = answer.status === 401;
  const isFine = isPossible(findExplaining(history, operation), operation);
  return isFine ? 'fine' : isRefusal ? 'false_refusal' : 'lost';
}

const CANNOT_EXPLAIN: Readonly<Record<string, string>> = {
  token_revoked: 'revoke_all',
  user_tokens_revoked: 'logout',
};

/** Keeps the revocations that can lead to this code. */
function findExplaining(
  history: readonly Operation[],
  { answer }: Operation,
): readonly Operation[] {
  return history.filter(({ kind }) => kind !== CANNOT_EXPLAIN[answer?.code ?? '']);
}

/** Distance of moments: finer than the whole times of generated histories. */
const STEP = 0.25;
/** Last moment at which a revocation that was not acknowledged takes effect. */
const LATEST = 40;

function isPossible(history: readonly Operation[], operation: Operation): boolean {
  const { session, user, start, end, answer } = operation;
  const login = history.find((each) => each.kind === 'login' && each.answer?.session === session);
  const logins = login ? listMoments(login.start, login.end) : [Number.NEGATIVE_INFINITY];
  const reads = listMoments(start, end);
  const revocations = history.filter(
    (each) =>
      (each.kind === 'logout' && each.session === session) ||
      (each.kind === 'revoke_all' && each.user === user),
  );
  const canBeSeen = (is: boolean, opened: number, read: number) => (revocation: Operation) =>
    listEffects(revocation).some((at) => isSeen(revocation, opened, at, read) === is);
  return logins.some((opened) =>
    reads.some((read) =>
      answer?.status === 401
        ? revocations.some(canBeSeen(true, opened, read))
        : revocations.every(canBeSeen(false, opened, read)),
    ),
  );
}

/** Returns true where a read sees a revocation of its session that took effect at `at`. */
function isSeen({ kind }: Operation, opened: number, at: number, read: number): boolean {
  return at < read && (kind === 'logout' || opened < at);
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
