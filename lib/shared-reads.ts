import { SECOND } from './time.ts';

export interface SharedReadsOptions {
  /** How many reads may be under way at once. Default 2. */
  readonly atOnce?: number;
  /** The most keys in one read, so that its answer fits into one reply. Default 1,000. */
  readonly mostKeys?: number;
  /** Milliseconds after which a read that is still under way keeps nobody waiting. Default 1,000. */
  readonly stuckAfter?: number;
  /** Runs an action once those who ask in this turn of the event loop have asked. Default: setImmediate. */
  readonly endOfTurn?: (action: () => void) => void;
}

/** Answers what one read found under these keys, and under those of others who asked meanwhile. */
export type SharedRead<Found> = (keys: readonly string[]) => Promise<Found>;

/**
 * Lets those who ask at the same time share one read. While fewer than `atOnce` reads are under way, a
 * read starts at the end of the turn of the event loop, for all who have asked in it; otherwise when one
 * returns. So every answer comes from a read that began after it was asked for: nothing is cached. A
 * read that fails fails for all who wait for it, and for nobody else.
 */
export function createSharedReads<Found>(
  read: (keys: readonly string[]) => Promise<Found>,
  options: SharedReadsOptions = {},
): SharedRead<Found> {
  const { atOnce = 2, mostKeys = 1_000, stuckAfter = SECOND, endOfTurn = setImmediate } = options;
  const waiting: Batch<Found>[] = [];
  let underWay = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || underWay >= atOnce || waiting.length === 0) return;
    scheduled = true;
    endOfTurn(() => {
      scheduled = false;
      waiting.shift()?.start();
      schedule();
    });
  }

  async function run(keys: ReadonlySet<string>): Promise<Found> {
    underWay++;
    const done = once(() => {
      underWay--;
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

  return function ask(keys) {
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
