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
  return async function bounded(input, caller) {
    const now = performance.now();
    const left = Math.max(0, (caller.deadline ?? now + patience) - now);
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StoreUnavailable('No decision in time')), left);
    });
    try {
      return await Promise.race([useCase(input, caller), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  };
}
