import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import type { HeldSession } from './held-session.ts';
import type { Recorder } from './history.ts';
import { createRequests, type Server, type Way } from './requests.ts';

/** How long a server may be unable to decide. */
const PATIENCE = 20 * SECOND;
const AT_ONCE = 8;

/**
 * Tries every session once more, on every server, until each has decided; the checker judges what they said.
 * Answers how many were left undecided.
 */
export async function sweep(
  recorder: Recorder,
  servers: readonly Server[],
  sessions: readonly HeldSession[],
): Promise<number> {
  const requests = createRequests(recorder);
  const latest = performance.now() + PATIENCE;
  const tries = sessions.flatMap((session) => servers.map((server) => ({ server, session })));
  let undecided = 0;

  async function decide(client: string): Promise<void> {
    for (let next = tries.pop(); next; next = tries.pop()) {
      const way: Way = { client, server: next.server };
      const isDecided = await repeat(() => requests.me(way, next.session), latest);
      if (!isDecided) undecided++;
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => decide(`sweep ${index + 1}`)));
  return undecided;
}

async function repeat(
  ask: () => Promise<{ readonly status: number } | undefined>,
  latest: number,
): Promise<boolean> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer.status !== 503) return true;
    if (performance.now() > latest) return false;
    await pause(50);
  }
}
