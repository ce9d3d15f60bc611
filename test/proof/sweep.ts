import { MINUTE } from '../../lib/time.ts';
import type { Operation } from './history.ts';
import { type ClientSession, request, type Server } from './requests.ts';
import { askUntilDecided } from './until-decided.ts';
import { runWorkers } from './workers.ts';

/**
 * Asks every server for `/me` with every session until it has decided; the checker judges the answers.
 * Returns the number of requests that were left undecided after a minute.
 */
export async function sweep(
  history: Operation[],
  servers: readonly Server[],
  sessions: readonly ClientSession[],
): Promise<number> {
  const until = performance.now() + MINUTE;
  const all = sessions.flatMap((session) => servers.map((server) => ({ server, session })));
  let undecided = 0;
  await runWorkers(8, all, async ({ server, session }, worker) => {
    const connection = { client: `sweep ${worker}`, server };
    const ask = () => request(history, connection, 'me', session);
    const answer = await askUntilDecided(ask, until);
    if (answer === undefined || answer.status === 503) undecided++;
  });
  return undecided;
}
