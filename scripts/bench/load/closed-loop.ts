import { createFailure } from '../failure.ts';
import { type Connection, openConnection } from './connection.ts';
import { drained } from './drained.ts';
import type { RunTask, StreamResult } from './protocol.ts';
import type { Source } from './requests.ts';
import { createTally } from './tally.ts';

/**
 * Keeps every connection busy: each sends its next request when its answer is complete. What is answered
 * in the measured time counts. Where the source ends, the measured time ends with it.
 */
export async function runClosedLoop(
  { port, leadIn, duration }: Omit<RunTask, 'streams'>,
  source: Source,
  connections: number,
): Promise<StreamResult> {
  const tally = createTally();
  const failure = createFailure();
  const opening = Array.from({ length: connections }, () => openConnection(port, failure.fail));
  const open = await Promise.all(opening);
  const start = performance.now() + leadIn;
  let end = start + duration;

  function keepBusy(connection: Connection, idle: () => void): void {
    const sent = performance.now();
    const request = sent < end ? source() : undefined;
    if (request === undefined) {
      end = Math.min(end, sent);
      idle();
      return;
    }
    connection.send(request.bytes, (status) => {
      const now = performance.now();
      tally.answered(request, status, now - sent, now >= start && now < end);
      keepBusy(connection, idle);
    });
  }

  try {
    const allIdle = open.map((each) => new Promise<void>((idle) => keepBusy(each, idle)));
    await drained(Promise.all(allIdle), failure, leadIn + duration);
    return tally.result(end - start);
  } finally {
    for (const each of open) each.close();
  }
}
