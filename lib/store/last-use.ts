import { LRUCache } from 'lru-cache';
import { MINUTE, SECOND } from '../time.ts';
import type { Collections } from './collections.ts';
import { createSeenCounters, type SeenCountersOptions } from './seen-counters.ts';

/** Notes when sessions were used, after the fact and never often. */
export interface LastUse {
  /** Notes a use, and the counter that its token carries. Costs a look into memory. */
  note(sessionId: string, counter?: number): void;
  /** The highest counter noted by this process for the session, written or not; 0 for none. */
  seenCounter(sessionId: string): number;
  /** Writes what was noted, and ends the timers. */
  stop(): Promise<void>;
}

export interface LastUseOptions extends SeenCountersOptions {
  /** Milliseconds between two writes of one session, whichever servers it uses. Default 5 minutes. */
  readonly interval?: number;
  /** Milliseconds between two commands of this server. Default 10 seconds. */
  readonly flushEvery?: number;
}

const MOST_REMEMBERED = 50_000;
const MOST_AT_ONCE = 1_000;

/**
 * Keeps `sessions.last_used_at`, in one command for all that were used, and `sessions.seen_counter`, which does
 * not wait for that command.
 */
export function createLastUse(
  { sessions }: Pick<Collections, 'sessions'>,
  { interval = 5 * MINUTE, flushEvery = 10 * SECOND, ...options }: LastUseOptions = {},
): LastUse {
  const recent = new LRUCache<string, true>({
    max: MOST_REMEMBERED,
    ttl: interval,
    ttlResolution: SECOND,
  });
  const noted = new Set<string>();
  const seenCounters = createSeenCounters({ sessions }, options);

  async function flush(most: number): Promise<void> {
    const ids = [...noted].slice(0, most);
    if (ids.length === 0) return;
    for (const id of ids) noted.delete(id);
    const isDue = { $lt: ['$last_used_at', { $subtract: ['$$NOW', interval] }] };
    const filter = { _id: { $in: ids }, $expr: isDue };
    const update = [{ $set: { last_used_at: '$$NOW' } }];
    // One that fails is made up for by the session's use in five minutes; the outage shows elsewhere.
    await sessions.updateMany(filter, update, { writeConcern: { w: 1 } }).catch(() => undefined);
  }

  const timer = setInterval(() => void flush(MOST_AT_ONCE), flushEvery).unref();

  return {
    note(sessionId, counter = 0) {
      seenCounters.note(sessionId, counter);
      if (recent.has(sessionId) || noted.size >= MOST_REMEMBERED) return;
      recent.set(sessionId, true);
      noted.add(sessionId);
    },

    seenCounter: seenCounters.get,

    async stop() {
      clearInterval(timer);
      await Promise.all([flush(MOST_REMEMBERED), seenCounters.stop()]);
    },
  };
}
