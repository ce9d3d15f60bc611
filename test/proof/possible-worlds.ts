/**
 * Judges small histories in another way than the checker, by trying everything: each request takes effect
 * at a moment between its start and its end, and what came of it must be so for some choice of moments.
 */
import type { Operation } from './history.ts';

/** Moments lie between the times that histories are made of, and are as fine as order needs. */
const STEP = 0.25;
/** When what was not acknowledged may still happen. */
const LATEST = 40;

export function isPossible(
  history: readonly Operation[],
  operation: Operation,
  allowance: number,
): boolean {
  const login = history.find(({ kind, answer }) => {
    return kind === 'login' && answer?.session === operation.session;
  });
  const reads = moments(operation.start - allowance, operation.end);
  const logins = login ? moments(login.start, login.end) : [Number.NEGATIVE_INFINITY];
  const revocations = history.filter((other) => isAbout(other, operation));
  const isRefusal = operation.answer?.status === 401;
  return logins.some((opened) =>
    reads.some((read) =>
      isRefusal
        ? revocations.some((each) => effects(each).some((at) => catches(each, opened, at, read)))
        : revocations.every((each) => effects(each).some((at) => !catches(each, opened, at, read))),
    ),
  );
}

function isAbout(other: Operation, { session, user }: Operation): boolean {
  return (
    (other.kind === 'logout' && other.session === session) ||
    (other.kind === 'revoke_all' && other.user === user)
  );
}

/** Whether a revocation that took effect at this moment is seen by a read at that one. */
function catches({ kind }: Operation, opened: number, at: number, read: number): boolean {
  return at < read && (kind === 'logout' || opened < at);
}

/** When it may have taken effect; never is one of the choices where it was not acknowledged. */
function effects({ answer, start, end }: Operation): number[] {
  if (answer?.status === 200) return moments(start, end);
  if (answer?.status === 401) return [Number.POSITIVE_INFINITY];
  return [...moments(start, LATEST), Number.POSITIVE_INFINITY];
}

function moments(from: number, to: number): number[] {
  const count = Math.floor((to - from) / STEP) + 1;
  return Array.from({ length: count }, (_, index) => from + index * STEP);
}
