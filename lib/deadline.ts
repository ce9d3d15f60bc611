import type { Caller } from './caller.ts';
import { StoreUnavailable } from './errors.ts';
import { DAY, within } from './time.ts';

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
  if (!(patience > 0 && patience <= DAY)) {
    throw new TypeError('"deadline" must be milliseconds, more than 0 and at most a day');
  }
  return function bounded(input, caller) {
    const now = performance.now();
    const left = (caller.deadline ?? now + patience) - now;
    if (left <= 0) return Promise.reject(tooLate());
    return within(left, useCase(input, caller), tooLate);
  };
}

/** What a use case that did not come to a decision in time ends with. */
export function tooLate(): StoreUnavailable {
  return new StoreUnavailable('No decision in time');
}
