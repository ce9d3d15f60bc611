import { SECOND } from '../../time.ts';

export interface SharedReadsOptions {
  /** The most reads in flight at once. Default 2. */
  readonly atOnce?: number;
  /** The most keys of one read, so that its result fits into one reply. Default 1,000. */
  readonly mostKeys?: number;
  /** Milliseconds after which a read in flight no longer counts towards `atOnce`. Default 1,000. */
  readonly stuckAfter?: number;
  /** Runs an action at the end of this turn of the event loop. Default: setImmediate. */
  readonly endOfTurn?: (action: () => void) => void;
}

/** Returns the result of one read, which covers these keys and the keys of other callers that share the read. */
export type SharedRead<Found> = (keys: readonly string[]) => Promise<Found>;

/**
 * Lets concurrent callers share one read. While fewer than `atOnce` reads are in flight, a read starts at the end of
 * the turn of the event loop, for all callers of that turn. Otherwise callers wait until a read in flight returns, and
 * share the next read. So every result comes from a read that began after the call, never from a cache. A failed read
 * rejects only for the callers that share it.
 */
export function createSharedReads<Found>(
  read: (keys: readonly string[]) => Promise<Found>,
  options: SharedReadsOptions = {},
): SharedRead<Found> {
  const { atOnce = 2, mostKeys = 1_000, stuckAfter = SECOND, endOfTurn = setImmediate } = options;
  const waiting: Batch<Found>[] = [];
  let inFlight = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || inFlight >= atOnce || waiting.length === 0) return;
    scheduled = true;
    endOfTurn(() => {
      scheduled = false;
      waiting.shift()?.start();
      schedule();
    });
  }

  async function run(keys: ReadonlySet<string>): Promise<Found> {
    inFlight++;
    const done = once(() => {
      inFlight--;
      schedule();
    });
    const timer = setTimeout(done, stuckAfter);
    try {
      return await read([...keys]);
    } finally {
      clearTimeout(timer);
      done();
    }
  }

  function lastWithRoom(more: number): Batch<Found> {
    const last = waiting.at(-1);
    if (last !== undefined && last.keys.size + more <= mostKeys) return last;
    const next = createBatch(run);
    waiting.push(next);
    return next;
  }

  return function readShared(keys) {
    const batch = lastWithRoom(keys.length);
    for (const key of keys) batch.keys.add(key);
    schedule();
    return batch.answer;
  };
}

interface Batch<Found> {
  readonly keys: Set<string>;
  readonly answer: Promise<Found>;
  start(): void;
}

function createBatch<Found>(run: (keys: ReadonlySet<string>) => Promise<Found>): Batch<Found> {
  const keys = new Set<string>();
  let start = () => {};
  const answer = new Promise<Found>((resolve) => {
    start = () => resolve(run(keys));
  });
  return { keys, answer, start };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
