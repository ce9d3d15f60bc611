import { LRUCache } from 'lru-cache';

/** A counter to be written. */
export interface SeenCounter {
  readonly sessionId: string;
  readonly counter: number;
  /** Attempts to write it that failed. */
  readonly failures: number;
}

/** Highest counters by session, and those of them that are still to be written. */
export interface CounterMemory {
  /** 0 for a session that is not remembered. */
  get(sessionId: string): number;
  /** Remembers a counter as one to be written if it is higher than the one before; else returns false. */
  add(sessionId: string, counter: number): boolean;
  hasPending(): boolean;
  /** Takes out at most so many of those to be written. */
  take(most: number): SeenCounter[];
  /** Takes back what could not be written; forgets what has failed too often, so that it can be added again. */
  putBack(batch: readonly SeenCounter[]): void;
}

export interface CounterMemoryOptions {
  readonly mostSessions: number;
  readonly mostFailures: number;
}

export function createCounterMemory(options: CounterMemoryOptions): CounterMemory {
  const { mostSessions, mostFailures } = options;
  const known = new LRUCache<string, number>({ max: mostSessions });
  const pending = new Map<string, SeenCounter>();
  const get = (sessionId: string) => known.get(sessionId) ?? 0;

  return {
    get,
    hasPending: () => pending.size > 0,

    add(sessionId, counter) {
      if (counter <= get(sessionId)) return false;
      if (pending.size >= mostSessions && !pending.has(sessionId)) return false;
      known.set(sessionId, counter);
      pending.set(sessionId, { sessionId, counter, failures: 0 });
      return true;
    },

    take(most) {
      const batch = first(pending.values(), most);
      for (const { sessionId } of batch) pending.delete(sessionId);
      return batch;
    },

    putBack(batch) {
      for (const seen of batch) {
        const { sessionId } = seen;
        const failures = seen.failures + 1;
        if (pending.has(sessionId)) continue; // the counter has risen in the meantime
        if (failures < mostFailures) pending.set(sessionId, { ...seen, failures });
        else known.delete(sessionId);
      }
    },
  };
}

function first<T>(values: Iterable<T>, most: number): T[] {
  const found: T[] = [];
  for (const value of values) {
    if (found.length === most) break;
    found.push(value);
  }
  return found;
}
