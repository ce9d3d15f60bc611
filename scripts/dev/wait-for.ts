import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until `waitFor` gives up. Default two minutes. */
  readonly timeout?: number;
  /** Milliseconds between two attempts. Default 25. */
  readonly interval?: number;
  /** Ends the wait when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `probe` until it returns something other than undefined, null or false, and returns that value. A
 * probe that throws is called again.
 *
 * @throws Error after the timeout or an abort, with `what` in its message and the last error of the probe as its cause.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeout = 120_000, interval = 25, signal }: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + timeout;
  let cause: unknown;
  while (performance.now() < end && signal?.aborted !== true) {
    try {
      const result = await probe();
      if (result !== undefined && result !== null && result !== false)
        return result as Exclude<T, undefined | null | false>;
    } catch (error) {
      cause = error;
    }
    await sleep(interval);
  }
  const reason = signal?.aborted === true ? 'given up' : `not within ${timeout} ms`;
  throw new Error(`${what}: ${reason}`, { cause });
}
