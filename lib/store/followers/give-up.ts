import { withTimeout } from '../../time.ts';

/**
 * Returns the result of `work`. Gives it up after `milliseconds`, and rejects with `timedOut()`. The signal that the work
 * received aborts then, so that a command frees its connection: a client without a socket timeout would keep it for ever.
 * An abort of `stopping` ends the wait alone.
 */
export function orGiveUp<T>(
  milliseconds: number,
  work: (givenUp: AbortSignal) => Promise<T>,
  timedOut: () => Error,
  stopping?: AbortSignal,
): Promise<T> {
  const givingUp = new AbortController();
  const giveUp = () => {
    const error = timedOut();
    givingUp.abort(error);
    return error;
  };
  return withTimeout(milliseconds, work(givingUp.signal), giveUp, stopping);
}
