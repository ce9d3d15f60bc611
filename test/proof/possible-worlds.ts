/**
 * Judges small histories independently of the checker, by trying everything: each request takes effect at a
 * moment between its start and its end, and its answer must be right for some choice of moments.
 */
import type { Operation } from './history.ts';

/** Distance of moments: finer than the whole times of generated histories. */
const STEP = 0.25;
/** Last moment at which a revocation that was not acknowledged takes effect. */
const LATEST = 40;

export function isPossible(
  history: readonly Operation[],
  operation: Operation,
  allowance: number,
): boolean {
  const { session, user, start, end, answer } = operation;
  const login = history.find((each) => each.kind === 'login' && each.answer?.session === session);
  const logins = login ? listMoments(login.start, login.end) : [Number.NEGATIVE_INFINITY];
  const reads = listMoments(start - allowance, end);
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
