import type { Timestamp } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import type { Acknowledged } from '../mongo/causal-reads.ts';
import type { FollowerDocument } from '../mongo/collections.ts';
import type { FollowerDocuments } from './documents.ts';
import { CLOCK_RATES, type StaleDocuments } from './stale-documents.ts';

/** The end of such a wait. */
export interface Settled {
  /** The number of followers. */
  readonly followers: number;
  /** The number of followers that had the change. The leases of the others have ended. */
  readonly reached: number;
  /** Milliseconds since the acknowledgement of the write. */
  readonly duration: number;
}

export interface SettleDeps {
  readonly documents: Pick<FollowerDocuments, 'list'>;
  readonly stale: Pick<StaleDocuments, 'observe'>;
  /** Returns the position of this process's own follower, which is newer than the one in its document. */
  readonly ownPosition: (id: string) => Timestamp | undefined;
}

/** The shortest and the longest pause between two reads, in milliseconds. */
const PAUSE = { least: 1, most: 20 };

interface Waiter extends Acknowledged {
  readonly time: Timestamp;
  /** The time by the monotonic clock after which the wait fails. */
  readonly deadline: number;
  /** The documents of the newest read that began after the write. */
  found: readonly FollowerDocument[] | undefined;
  /** The longest lease that any read has found, in milliseconds. */
  longest: number;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates the wait of those who revoke. It ends when every document of `followers` has a position at or past the write,
 * or when 1.1 of the longest lease among them has passed since the acknowledgement. One loop of reads serves all. Each
 * read sees what a majority had at the write: a follower that it does not show has registered later, and reads what it
 * remembers after that; or was deleted after its lease.
 */
export function createSettle({ documents, stale, ownPosition }: SettleDeps) {
  const waiting = new Set<Waiter>();
  const pause = createPause();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (waiting.size > 0) {
      await serve([...waiting]);
      if (waiting.size > 0) await pause.take();
    }
    isRunning = false;
  }

  async function serve(served: readonly Waiter[]): Promise<void> {
    const failure = await read(served).catch((error: unknown) => error);
    for (const waiter of served)
      if (isLate(waiter) && waiting.delete(waiter)) giveUp(waiter, failure);
  }

  async function read(served: readonly Waiter[]): Promise<void> {
    const began = performance.now();
    const found = await documents.list(newest(served));
    stale.observe(found, began);
    for (const waiter of served) judge(waiter, found);
  }

  function judge(waiter: Waiter, found: readonly FollowerDocument[]): void {
    waiter.found = found;
    const settled = judgeDocuments(waiter, found, ownPosition);
    if (settled !== undefined && waiting.delete(waiter)) waiter.resolve(settled);
  }

  return {
    /** Waits for at most `timeout` milliseconds after the acknowledgement. Throws StoreUnavailable then. */
    settle({ time, at }: Acknowledged, timeout: number): Promise<Settled> {
      if (time === undefined) return Promise.resolve(NOBODY); // a standalone has no feed to follow
      return new Promise((resolve, reject) => {
        const state = { deadline: at + timeout, found: undefined, longest: 0 };
        waiting.add({ time, at, ...state, resolve, reject });
        if (isRunning) pause.end();
        else void run();
      });
    },

    /** Judges again without a read, because the own position has moved. */
    ownPositionMoved(): void {
      for (const waiter of waiting) if (waiter.found !== undefined) judge(waiter, waiter.found);
    },
  };
}

function isLate({ deadline }: Waiter): boolean {
  return performance.now() >= deadline;
}

function giveUp({ reject }: Waiter, cause: unknown): void {
  reject(new StoreUnavailable(UNSETTLED, cause));
}

/** Returns the end of a wait; undefined if it has to go on. */
function judgeDocuments(
  waiter: Waiter,
  found: readonly FollowerDocument[],
  ownPosition: SettleDeps['ownPosition'],
): Settled | undefined {
  waiter.longest = Math.max(waiter.longest, ...found.map(({ lease }) => lease));
  const reached = found.filter(({ _id, position }) =>
    (ownPosition(_id) ?? position)?.greaterThanOrEqual(waiter.time),
  ).length;
  const duration = performance.now() - waiter.at;
  const areLeasesOver = duration > waiter.longest * CLOCK_RATES;
  if (reached < found.length && !areLeasesOver) return undefined;
  return { followers: found.length, reached, duration };
}

/** Creates the pause between two reads. It becomes longer each time, until somebody new ends it. */
function createPause() {
  let length = PAUSE.least;
  let end = () => {};

  return {
    take: (): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, length);
        length = Math.min(2 * length, PAUSE.most);
        end = () => {
          clearTimeout(timer);
          length = PAUSE.least;
          resolve();
        };
      }),
    end: (): void => end(),
  };
}

const NOBODY: Settled = { followers: 0, reached: 0, duration: 0 };

const UNSETTLED = 'The revocation is stored, but it is not known to have reached every server';

function newest(waiting: readonly Waiter[]): Timestamp {
  return waiting.map(({ time }) => time).reduce((a, b) => (a.greaterThan(b) ? a : b));
}
