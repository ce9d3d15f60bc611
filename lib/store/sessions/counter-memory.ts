import { LRUCache } from 'lru-cache';

/** A counter that is still to be written. */
export interface SeenCounter {
  readonly sessionId: string;
  readonly counter: number;
  /** The number of writes that failed. */
  readonly failures: number;
}

export interface CounterMemoryOptions {
  readonly mostSessions: number;
  readonly mostFailures: number;
}

/** Keeps the highest counter of each session, and a list of the counters that are still to be written. */
export function createCounterMemory(options: CounterMemoryOptions) {
  const { mostSessions, mostFailures } = options;
  const known = new LRUCache<string, number>({ max: mostSessions });
  const pending = new Map<string, SeenCounter>();
  const get = (sessionId: string) => known.get(sessionId) ?? 0;

  return {
    /** Returns the highest known counter of a session; 0 if none is known. */
    get,
    hasPending: (): boolean => pending.size > 0,

    /** Stores a counter to be written if it has risen and the list is not full. Returns true if it was stored. */
    add(sessionId: string, counter: number): boolean {
      if (counter <= get(sessionId)) return false;
      if (pending.size >= mostSessions && !pending.has(sessionId)) return false;
      known.set(sessionId, counter);
      pending.set(sessionId, { sessionId, counter, failures: 0 });
      return true;
    },

    /** Removes at most `most` counters from the list of unwritten counters, and returns the removed counters. */
    take(most: number): SeenCounter[] {
      const batch = first(pending.values(), most);
      for (const { sessionId } of batch) pending.delete(sessionId);
      return batch;
    },

    /** Puts back counters whose write failed. A counter that failed too often is dropped, and can be added again. */
    putBack(batch: readonly SeenCounter[]): void {
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
