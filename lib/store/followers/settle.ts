import type { Timestamp } from 'mongodb';
import { StoreNotReady, StoreUnavailable } from '../../errors.ts';
import { withTimeout } from '../../time.ts';
import type { Acknowledged } from '../mongo/causal-reads.ts';
import type { FollowerDocument } from '../mongo/collections.ts';
import type { FollowerDocuments } from './documents.ts';
import type { SilentServer } from './events.ts';
import { createOnce } from './once.ts';
import { createRounds } from './rounds.ts';
import { CLOCK_RATES, type StaleDocuments } from './stale-documents.ts';

/** The end of such a wait. */
export interface Settled {
  /** The number of followers. */
  readonly followers: number;
  /** The number of followers that had the change. */
  readonly reached: number;
  /** The others. Their leases have ended. */
  readonly silent: readonly SilentServer[];
  /** Milliseconds since the acknowledgement of the write. */
  readonly duration: number;
}

export interface SettleDeps {
  readonly documents: Pick<FollowerDocuments, 'list'>;
  readonly stale: Pick<StaleDocuments, 'observe'>;
  /** Returns the position of this process's own follower, which is newer than the one in its document. */
  readonly ownPosition: (id: string) => Timestamp | undefined;
  /** Reads strictly whether servers may follow this database. */
  readonly mayBeFollowed: () => Promise<boolean>;
}

/** The error of a wait that did not end in time. */
export class Unsettled extends StoreUnavailable {
  override readonly name = 'Unsettled';
  /** Those who had not confirmed the change, as far as they could be read. */
  readonly silent: readonly SilentServer[];

  constructor(silent: readonly SilentServer[], cause: unknown) {
    super(UNSETTLED, cause);
    this.silent = silent;
  }
}

/** A write with its cluster time. A standalone gives none: it has no feed to follow. */
type Settling = Acknowledged & { readonly time: Timestamp };

interface Waiter extends Settling {
  /** The documents of the newest read that began after the write. */
  found: readonly FollowerDocument[] | undefined;
  /** The longest lease that any read has found, in milliseconds. */
  longest: number;
  /** The failure of the newest read that failed. */
  failure: unknown;
  readonly end: (settled: Settled) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Creates the wait of those who revoke. It ends when every document of `followers` has a position at or past the write,
 * or when 1.1 of the longest lease among them has passed since the acknowledgement. One loop of reads serves all. Each
 * read sees what a majority had at the write: a follower that it does not show has registered later, and reads what it
 * remembers after that; or was deleted after its lease.
 */
export function createSettle({ documents, stale, ownPosition, mayBeFollowed }: SettleDeps) {
  const waiting = new Set<Waiter>();
  const rounds = createRounds(
    () => waiting.size > 0,
    () => serve([...waiting]),
  );
  let isStopped = false;

  async function serve(served: readonly Waiter[]): Promise<void> {
    const began = performance.now();
    try {
      const found = await documents.list(newest(served));
      stale.observe(found, began);
      for (const waiter of served) waiter.found = found; // not of those who came during the read
    } catch (error) {
      for (const waiter of served) waiter.failure = error;
      if (error instanceof StoreNotReady) await endUnread(served, error, mayBeFollowed);
    }
    judge();
  }

  function judge(): void {
    for (const waiter of waiting) if (isSettled(waiter, ownPosition)) waiting.delete(waiter);
  }

  return {
    /** Waits for at most `timeout` milliseconds after the acknowledgement. Throws Unsettled then. */
    async settle({ time, at }: Acknowledged, timeout: number): Promise<Settled> {
      if (time === undefined) return NOBODY;
      if (isStopped) throw stopped();
      const { value, resolve: end, reject: fail } = createOnce<Settled>();
      const unread = { found: undefined, longest: 0, failure: undefined };
      const waiter: Waiter = { time, at, ...unread, end, fail };
      waiting.add(waiter);
      rounds.wake();
      const late = () => new Unsettled(findSilent(waiter, ownPosition), waiter.failure);
      const settled = withTimeout(at + timeout - performance.now(), value, late);
      return settled.finally(() => waiting.delete(waiter));
    },
    /** Judges again without a read, because the own position has moved. */
    ownPositionMoved: judge,
    /** Ends every wait, also those to come, with StoreUnavailable: the client may be closed from now on. */
    stop(): void {
      isStopped = true;
      for (const { fail } of waiting) fail(stopped());
      waiting.clear();
    },
  };
}

/**
 * Ends waits that no later read can end, because the user of the database may not read `followers`. It is no failure
 * where nobody can follow.
 */
async function endUnread(
  served: readonly Waiter[],
  error: StoreNotReady,
  mayBeFollowed: SettleDeps['mayBeFollowed'],
): Promise<void> {
  const isFollowed = await mayBeFollowed().catch(() => true);
  for (const { end, fail } of served) {
    if (isFollowed) fail(error);
    else end(NOBODY);
  }
}

/** Ends the wait if it is over, and returns true then. */
function isSettled(waiter: Waiter, ownPosition: SettleDeps['ownPosition']): boolean {
  const { at, found, end } = waiter;
  if (found === undefined) return false;
  waiter.longest = Math.max(waiter.longest, ...found.map(({ lease }) => lease));
  const silent = findSilent(waiter, ownPosition);
  const duration = performance.now() - at;
  const areLeasesOver = duration > waiter.longest * CLOCK_RATES;
  if (silent.length > 0 && !areLeasesOver) return false;
  const followers = found.length;
  end({ followers, reached: followers - silent.length, silent, duration });
  return true;
}

/** Returns those whose position is before the write. */
function findSilent(
  { time, found = [] }: Pick<Waiter, 'time' | 'found'>,
  ownPosition: SettleDeps['ownPosition'],
): readonly SilentServer[] {
  return found
    .filter(({ _id, position }) => !(ownPosition(_id) ?? position)?.greaterThanOrEqual(time))
    .map(({ _id: id, host, version }) => ({ id, host, version }));
}

const NOBODY: Settled = { followers: 0, reached: 0, silent: [], duration: 0 };

const UNSETTLED = 'The revocation is stored, but it is not known to have reached every server';

function stopped(): StoreUnavailable {
  return new StoreUnavailable(UNSETTLED, 'The wait was stopped');
}

function newest(waiting: readonly Waiter[]): Timestamp {
  return waiting.map(({ time }) => time).reduce((a, b) => (a.greaterThan(b) ? a : b));
}
