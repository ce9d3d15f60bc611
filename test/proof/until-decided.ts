import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import { MINUTE } from '../../lib/time.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import type { Operation } from './history.ts';
import { type ClientSession, request, type Server } from './requests.ts';

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

/**
 * Asks every server for `/me` with every session until it has decided; the checker judges the answers.
 * Returns the number of requests that were left undecided after a minute.
 */
export async function sweep(
  history: Operation[],
  servers: readonly Server[],
  sessions: readonly ClientSession[],
): Promise<number> {
  const until = loopTime() + MINUTE;
  const all = sessions.flatMap((session) => servers.map((server) => ({ server, session })));
  const ask = ({ server, session }: (typeof all)[number]) =>
    request(history, { client: 'sweep', server }, 'me', session);
  const answers = await pMap(all, (each) => askUntilDecided(() => ask(each), until), {
    concurrency: 8,
  });
  return answers.filter((answer) => answer === undefined || answer.status === 503).length;
}
