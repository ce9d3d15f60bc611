import type { Caller } from './caller.ts';
import { StoreUnavailable } from './errors.ts';

export type UseCase<Input, Output> = (input: Input, caller: Caller) => Promise<Output>;

/**
 * The use case, bounded in time: StoreUnavailable when the caller's deadline passes first, or
 * `patience` milliseconds where the caller has none. What it was waiting for goes on unseen: a
 * revocation that was not acknowledged may still happen, one that was acknowledged did.
 */
export function withDeadline<Input, Output>(
  useCase: UseCase<Input, Output>,
  patience: number,
): UseCase<Input, Output> {
  return function bounded(input, caller) {
    const now = performance.now();
    return within((caller.deadline ?? now + patience) - now, useCase(input, caller));
  };
}

/** The answer of the work, or StoreUnavailable after so many milliseconds. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new StoreUnavailable('No decision in time'));
    timer = setTimeout(giveUp, Math.max(0, milliseconds));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
