import { setTimeout as pause } from 'node:timers/promises';
import { MINUTE } from '../../lib/time.ts';
import { loopTime } from '../helpers/loop-clock.ts';

/** Sends a request again while it gets 503 or no answer, for a minute of the event loop at most; returns the last answer. */
export async function askUntilDecided<A extends { readonly status: number } | undefined>(
  ask: () => Promise<A>,
  until = loopTime() + MINUTE,
): Promise<A> {
  for (;;) {
    const answer = await ask();
    const isDecided = answer !== undefined && answer.status !== 503;
    if (isDecided || loopTime() > until) return answer;
    await pause(50);
  }
}
