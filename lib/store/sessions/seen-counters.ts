import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { SECOND } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import { createCounterMemory, type SeenCounter } from './counter-memory.ts';

export interface SeenCountersOptions {
  /** Milliseconds after which a failed write is retried. Default 1 second. */
  readonly retryAfter?: number;
}

const MOST_AT_ONCE = 1_000;

/** Bounds of the memory. After `mostFailures` failed writes a counter is dropped. The next request adds it again. */
const BOUNDS = { mostSessions: 50_000, mostFailures: 300 };

/**
 * Maintains `sessions.seen_counter`, which shows that a client received the tokens of a rotation. Until the counter
 * rises, a client that presents the previous refresh token gets the same tokens again. A higher counter is written to a
 * majority at once. One command at a time writes the counters of all sessions.
 */
export function createSeenCounters(
  { sessions }: Pick<Collections, 'sessions'>,
  { retryAfter = SECOND }: SeenCountersOptions = {},
) {
  const memory = createCounterMemory(BOUNDS);
  const stopping = new AbortController();
  let writing: Promise<void> | undefined;

  async function writeSome(): Promise<boolean> {
    const batch = memory.take(MOST_AT_ONCE);
    try {
      await sessions.bulkWrite(batch.map(toUpdate), { ordered: false });
      return true;
    } catch {
      memory.putBack(batch); // not reported, because other calls report the outage
      return false;
    }
  }

  async function writeAll(): Promise<void> {
    await nextTurn(); // the requests of this turn share one command
    while (memory.hasPending()) {
      const isWritten = await writeSome();
      if (!isWritten && stopping.signal.aborted) break;
      if (!isWritten) await pause(retryAfter, stopping.signal);
    }
    writing = undefined;
  }

  return {
    /** Returns the highest counter in memory, written or not; 0 for none. */
    get: memory.get,

    /** Records a counter in memory, then writes it to the database at once. No request waits for the write. */
    touch(sessionId: string, counter: number): void {
      if (memory.add(sessionId, counter)) writing ??= writeAll();
    },

    /** Makes one last attempt to write the pending counters. */
    async stop(): Promise<void> {
      stopping.abort();
      await writing;
    },
  };
}

/** Returns the update of a counter. The update is no upsert, because a deleted session must not come back. */
function toUpdate({ sessionId, counter }: SeenCounter) {
  const update = { $max: { seen_counter: counter } };
  return { updateOne: { filter: { _id: sessionId }, update } };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { ref: false, signal }).catch(() => undefined);
}
