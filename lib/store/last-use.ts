import { LRUCache } from 'lru-cache';
import { MINUTE, SECOND } from '../time.ts';
import type { Collections } from './collections.ts';

/** Notes when sessions were used, after the fact and never often. */
export interface LastUse {
  /** Costs a look into memory. */
  note(sessionId: string): void;
  /** Writes what was noted, and ends the timer. */
  stop(): Promise<void>;
}

export interface LastUseOptions {
  /** Milliseconds between two writes of one session, whichever servers it uses. Default 5 minutes. */
  readonly interval?: number;
  /** Milliseconds between two commands of this server. Default 10 seconds. */
  readonly flushEvery?: number;
}

const MOST_REMEMBERED = 50_000;
const MOST_AT_ONCE = 1_000;

/** Keeps `sessions.last_used_at`, in one command for all that were used. */
export function createLastUse(
  { sessions }: Pick<Collections, 'sessions'>,
  { interval = 5 * MINUTE, flushEvery = 10 * SECOND }: LastUseOptions = {},
): LastUse {
  const recent = new LRUCache<string, true>({
    max: MOST_REMEMBERED,
    ttl: interval,
    ttlResolution: SECOND,
  });
  const noted = new Set<string>();

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
    note(sessionId) {
      if (recent.has(sessionId) || noted.size >= MOST_REMEMBERED) return;
      recent.set(sessionId, true);
      noted.add(sessionId);
    },

    async stop() {
      clearInterval(timer);
      await flush(MOST_REMEMBERED);
    },
  };
}
