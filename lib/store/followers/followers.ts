import type { Db, MongoClient } from 'mongodb';
import { SECOND, withTimeout } from '../../time.ts';
import { VERSION } from '../../version.ts';
import type { Acknowledged, CausalReadOptions } from '../mongo/causal-reads.ts';
import type { Collections } from '../mongo/collections.ts';
import { createSchema } from '../mongo/schema-document.ts';
import { createStrictReads } from '../mongo/strict-reads.ts';
import type { FollowerEvent, OnFollower, StrictReadCause } from './events.ts';
import { createFollower, type Follower, type FollowerStatus, type Versioned } from './follower.ts';
import { longestLease } from './obstacles.ts';
import { createOnce } from './once.ts';
import type { Settled } from './settle.ts';

/**
 * Followers: strict checks without a read.
 *
 * A server remembers what it has read, follows the changes of the database, and holds a lease. A revocation is answered
 * when every server has applied it, or can no longer act without it.
 *
 * 1. Register. The server opens a feed: a change stream of the database, filtered to what can make something remembered
 *    wrong, and to its own document. Then it inserts this document into `followers`, under a new id. It is registered
 *    once the insert arrives through the feed. Nothing is remembered of reads that began before.
 * 2. Renew. Every third of the lease, and soon after each change, it writes its position and the moment (`began`, by two
 *    clocks) before the write was sent.
 * 3. Lease. It holds until `began` plus the lease of the newest renewal that has come back *through the feed*.
 * 4. Position. The cluster time of the last event that was applied.
 * 5. Trouble. If the document is gone, or the feed cannot go on where it was, everything remembered is out of date, and
 *    the server registers again. If renewals do not arrive, the feed is resumed after the last applied event.
 * 6. Decide. What a read found may be used while the lease holds and nothing has changed since the read *began*. Such
 *    reads are `majority` with `afterClusterTime` at the position. Otherwise a strict read decides.
 * 7. Settle. Whoever revokes writes with a majority, at cluster time T, and answers once each document in `followers`,
 *    read after T, has a position at or past T; or once 1.1 of the longest lease among them has passed since the
 *    acknowledgement.
 * 8. Stale documents, not renewed for 1.1 of their lease, are deleted by those who see them.
 *
 * It is right, because (a) a lease that holds at t rests on a renewal that began after t minus the lease and has been
 * applied, hence everything acknowledged before that has been applied, too: after the wait of rule 7 no lease rests on
 * less than T. (b) A position at or past T means that T was applied, so what was remembered before is out of date. (c) A
 * follower that the read of rule 7 does not show registered after T, and remembers only reads that began after that; or
 * it was deleted by rule 8, and (a) holds. (d) A strict read needs none of this. It is assumed that clocks differ in
 * rate by less than a tenth, and that no machine is frozen together with both of its clocks. A revocation gives each
 * entry a cluster time of its own: it uses no transaction.
 */
export type Followers = ReturnType<typeof openFollowers>;

export interface FollowersOptions {
  /** `off`: this process remembers nothing, and reads at each check. It waits for other followers all the same. */
  readonly follow: 'auto' | 'off';
  /** The shortest lease in milliseconds. */
  readonly lease: number;
  /** The deadline of a request in milliseconds. A revocation has to settle within it. */
  readonly deadline: number;
  readonly onEvent: OnFollower;
}

const SWITCHED_OFF: FollowerStatus = {
  leaseLeft: 0,
  hindrance: { reason: 'Following is switched off' },
};

/** A read whose result may be remembered. */
type Find<Found> = (options: CausalReadOptions) => Promise<Found>;

/** One follower of this process, with those who use it. */
interface Shared {
  readonly follower: Follower;
  /** Those of the first user, who sets the lease. */
  readonly terms: FollowersOptions;
  readonly listeners: Set<OnFollower>;
  /** Those who have not closed it. */
  readonly users: Set<AbortController>;
  close(): Promise<void>;
}

/** The followers of this process: one for each client and database, whoever uses it. */
const shared = new WeakMap<MongoClient, Map<string, Shared>>();

/** Opens the follower of a client and database, which every caller of this process shares. The first sets the lease. */
export function openFollowers(db: Db, collections: Collections, options: FollowersOptions) {
  const { deadline, onEvent } = options;
  const opened = findShared(db) ?? share(db, collections, options);
  const { follower } = opened;
  const { closing, leave } = join(opened, onEvent);
  const mayFollow = options.follow === 'auto';

  const mayStart = () => mayFollow && !closing.aborted;
  const holds = (wall?: number, mono?: number) => mayStart() && follower.holds(wall, mono);

  return {
    /** Starts to follow in the background, unless `follow` is `off`. Further calls do nothing. */
    start(): void {
      if (mayStart()) follower.start();
    },
    /** Returns true if this server may act on what it remembers at this moment, by default now. */
    holds,
    isUnchanged: follower.isUnchanged,
    /** The shortest lease of the follower, if another user chose one that is too long for this deadline. */
    unfitLease: findUnfitLease(opened.terms, options),
    /** Describes the lease, or why there is none. */
    status: (): FollowerStatus => (mayFollow ? follower.status() : SWITCHED_OFF),
    /** Starts to follow, and waits for the lease up to `timeout` milliseconds. Resolves with false if there is none. */
    async startNow(timeout = SECOND): Promise<boolean> {
      if (mayStart()) await startAndWait(opened, timeout, closing);
      return holds();
    },

    /** Reads what may be remembered. Returns undefined if nothing may be: then only a strict read can decide. */
    read: <Found>(find: Find<Found>): Promise<Versioned<Found> | undefined> =>
      holds() ? follower.read(find) : Promise.resolve(undefined),

    /** Reports that a strict read decides a check. */
    reportStrictRead: createStrictReadReport(options),
    /** Resolves when every follower has this write, or can no longer act without it. Throws StoreUnavailable. */
    settle: (write: Acknowledged): Promise<Settled> => follower.settle(write, deadline),

    /** Ends the use. The last one that closes ends the lease, and deletes the document. */
    close: leave,
  };
}

function findUnfitLease(
  { lease, ...first }: FollowersOptions,
  { follow, deadline }: FollowersOptions,
): number | undefined {
  if (first.follow === 'off' && follow === 'off') return undefined;
  if (lease > longestLease(first.deadline)) return undefined; // it does not follow
  return lease > longestLease(deadline) ? lease : undefined;
}

function createStrictReadReport({ follow, onEvent }: FollowersOptions) {
  return function reportStrictRead(cause: StrictReadCause): void {
    onEvent({ type: 'strict_read', cause: follow === 'off' ? 'off' : cause });
  };
}

/** Adds a user of a follower. `leave` takes it away, and `closing` aborts then. */
function join({ listeners, users, close }: Shared, onEvent: OnFollower) {
  const closing = new AbortController();
  const listener: OnFollower = (event) => onEvent(event); // a function of its own, even if callers share theirs
  listeners.add(listener);
  users.add(closing);

  async function leave(): Promise<void> {
    if (closing.signal.aborted) return;
    closing.abort();
    listeners.delete(listener);
    users.delete(closing);
    if (users.size === 0) await close();
  }
  return { closing: closing.signal, leave };
}

async function startAndWait(
  { follower, listeners }: Shared,
  timeout: number,
  closing: AbortSignal,
): Promise<void> {
  const decision = createDecision();
  listeners.add(decision.listener);
  follower.start();
  const late = () => new Error('The lease did not come in time');
  if (!follower.holds())
    await withTimeout(timeout, decision.made, late, closing).catch(() => undefined);
  listeners.delete(decision.listener);
}

/** Waits for the first event that tells whether this server follows. */
function createDecision() {
  const { value: made, resolve } = createOnce<void>();
  const listener: OnFollower = ({ type }) => {
    if (type === 'held' || type === 'hindered') resolve();
  };
  return { made, listener };
}

function findShared(db: Db): Shared | undefined {
  return shared.get(db.client)?.get(db.databaseName);
}

function share(db: Db, collections: Collections, options: FollowersOptions): Shared {
  const listeners = new Set<OnFollower>();
  const strictReads = createStrictReads(db);
  const follower = createFollower({
    ...options,
    version: VERSION,
    db,
    collections,
    strictReads,
    schema: createSchema(collections, strictReads),
    onEvent(event: FollowerEvent) {
      for (const listener of listeners) listener(event);
    },
  });
  const byName = shared.get(db.client) ?? new Map<string, Shared>();
  shared.set(db.client, byName);
  const opened = {
    follower,
    terms: options,
    listeners,
    users: new Set<AbortController>(),
    async close() {
      byName.delete(db.databaseName); // whoever opens from now on gets a new follower
      await follower.stop();
      strictReads.stop();
    },
  };
  byName.set(db.databaseName, opened);
  return opened;
}
