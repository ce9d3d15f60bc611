import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../failure.ts';

/** The longest that the last answers of a run are waited for, in milliseconds. */
const DRAIN_LIMIT = 15_000;

/**
 * Waits until a stream has sent all it had and got its last answer. Rejects with its first fault, or
 * when that is not so soon after the run's own `length` in milliseconds.
 */
export async function drained(
  lastAnswer: Promise<unknown>,
  { failed }: Failure,
  length: number,
): Promise<void> {
  const limit = new AbortController();
  const tooLong = sleep(length + DRAIN_LIMIT, undefined, { signal: limit.signal }).then(() => {
    throw new Error('a request was not answered');
  });
  try {
    await Promise.race([lastAnswer, failed, tooLong]);
  } finally {
    limit.abort();
  }
}
