import { LRUCache } from 'lru-cache';
import { MINUTE, SECOND } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import { createSeenCounters, type SeenCountersOptions } from './seen-counters.ts';

/** Records the last use of sessions. A session is written at most once per interval, and no request waits for it. */
export type LastUse = ReturnType<typeof createLastUse>;

export interface LastUseOptions extends SeenCountersOptions {
  /** Minimum milliseconds between two writes of a session's last use, by all servers together. Default 5 minutes. */
  readonly interval?: number;
  /** Milliseconds between two flushes of this server. Default 10 seconds. */
  readonly flushEvery?: number;
}

const MOST_REMEMBERED = 50_000;
const MOST_AT_ONCE = 1_000;

/**
 * Maintains two fields of sessions. Each flush writes `last_used_at` of all used sessions in one command.
 * `seen_counter` is written without waiting for a flush.
 */
export function createLastUse(
  { sessions }: Pick<Collections, 'sessions'>,
  { interval = 5 * MINUTE, flushEvery = 10 * SECOND, ...options }: LastUseOptions = {},
) {
  const recent = new LRUCache<string, true>({
    max: MOST_REMEMBERED,
    ttl: interval,
    ttlResolution: SECOND,
  });
  const pending = new Set<string>();
  const seenCounters = createSeenCounters({ sessions }, options);

  async function flush(most: number): Promise<void> {
    const ids = [...pending].slice(0, most);
    if (ids.length === 0) return;
    for (const id of ids) pending.delete(id);
    const isDue = { $lt: ['$last_used_at', { $subtract: ['$$NOW', interval] }] };
    const filter = { _id: { $in: ids }, $expr: isDue };
    const update = [{ $set: { last_used_at: '$$NOW' } }];
    // A failed write is ignored, because a use after `interval` is written again. Other calls report the outage.
    await sessions.updateMany(filter, update, { writeConcern: { w: 1 } }).catch(() => undefined);
  }

  const timer = setInterval(() => void flush(MOST_AT_ONCE), flushEvery).unref();

  return {
    /** Records a use, and the counter of its token, in memory only. */
    touch(sessionId: string, counter = 0): void {
      if (counter > 0) seenCounters.touch(sessionId, counter); // the tokens of a login have counter 0
      if (recent.has(sessionId) || pending.size >= MOST_REMEMBERED) return;
      recent.set(sessionId, true);
      pending.add(sessionId);
    },

    /** Returns the session's highest counter that this process recorded, written or not; 0 for none. */
    seenCounter: seenCounters.get,

    /** Flushes the recorded uses and counters, and stops the timers. */
    async stop(): Promise<void> {
      clearInterval(timer);
      await Promise.all([flush(MOST_REMEMBERED), seenCounters.stop()]);
    },
  };
}
