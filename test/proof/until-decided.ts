import { setTimeout as pause } from 'node:timers/promises';
import { MINUTE } from '../../lib/time.ts';

/** Sends a request again while it gets 503 or no answer, for a minute at most; returns the last answer. */
export async function askUntilDecided<A extends { readonly status: number } | undefined>(
  ask: () => Promise<A>,
  until = performance.now() + MINUTE,
): Promise<A> {
  for (;;) {
    const answer = await ask();
    const isDecided = answer !== undefined && answer.status !== 503;
    if (isDecided || performance.now() > until) return answer;
    await pause(50);
  }
}
