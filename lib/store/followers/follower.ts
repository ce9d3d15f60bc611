import type { Db, MongoClient, Timestamp } from 'mongodb';
import { SECOND, withTimeout } from '../../time.ts';
import { type CausalReadOptions, readAfter } from '../mongo/causal-reads.ts';
import type { Collections } from '../mongo/collections.ts';
import type { Schema } from '../mongo/schema-document.ts';
import type { StrictReads } from '../mongo/strict-reads.ts';
import { createFollowerDocuments } from './documents.ts';
import type { FollowerEvent, Hindrance, OnFollower } from './events.ts';
import { createLease } from './lease.ts';
import { followUntil } from './life.ts';
import { mayBeFollowed } from './obstacles.ts';
import { CLIENT_CLOSED, type Registration } from './registration.ts';
import { createSettle, Unsettled } from './settle.ts';
import { createStaleDocuments } from './stale-documents.ts';
import { createVersions, type Versions } from './versions.ts';

export interface FollowerDeps {
  readonly db: Db;
  readonly collections: Pick<Collections, 'followers'>;
  readonly schema: Schema;
  readonly strictReads: Pick<StrictReads, 'deployment'>;
  /** The shortest lease in milliseconds. */
  readonly lease: number;
  /** The deadline of a request in milliseconds. A revocation has to settle within it. */
  readonly deadline: number;
  /** The version of this package, for people. */
  readonly version: string;
  readonly onEvent: OnFollower;
}

export type Follower = ReturnType<typeof createFollower>;

/** The result of a read, and the number of the last change when the read began. */
export interface Versioned<Found> {
  readonly found: Found;
  readonly version: number;
}

/** The state of a follower, for people. */
export interface FollowerStatus {
  /** Milliseconds for which the lease still holds; 0 or less if it does not. */
  readonly leaseLeft: number;
  /** The reason why this server does not follow; undefined if it is registered, or tries to. */
  readonly hindrance: Hindrance | undefined;
}

/** Follows the database. Remembers nothing itself, but knows whether what a read has found is still current. */
export function createFollower(deps: FollowerDeps) {
  const { db, collections } = deps;
  const documents = createFollowerDocuments(db.client, collections);
  const stale = createStaleDocuments(documents);
  const versions = createVersions();
  const lease = createLease();
  const state = createState(deps.onEvent);
  const settling = createSettle({
    documents,
    stale,
    ownPosition: state.ownPosition,
    mayBeFollowed: () => mayBeFollowed(deps.schema),
  });
  const parts = { documents, stale, versions, lease, shortestLease: deps.lease };
  const life = createLife(db.client, (stopping) =>
    followUntil(stopping, {
      ...deps,
      ...parts,
      onEvent: state.report,
      onRegistration: state.setRegistration,
      onApplied: settling.ownPositionMoved,
    }),
  );

  return {
    /** Starts to follow, in the background. Further calls do nothing, unless the client was closed meanwhile. */
    start(): void {
      state.started();
      life.start();
    },
    /** Returns true if this server may act on what it remembers at this moment, by default now. */
    holds: (wall?: number, mono?: number): boolean => lease.left(wall, mono) > 0,
    /** Returns true if nothing in these slots has changed since a read that began at this version. */
    isUnchanged: versions.isUnchanged,
    /** Describes the lease for a health check. */
    status: (): FollowerStatus => ({ leaseLeft: lease.left(), hindrance: state.hindrance() }),
    read: createRead(db, versions, state.position),
    settle: createReportedSettle(settling.settle, deps.onEvent),

    /** Ends the lease at once, then deletes the document: gives up after a second. */
    async stop(): Promise<void> {
      lease.end();
      settling.stop();
      await life.stop();
    },
  };
}

/** The most milliseconds that `stop` waits, e.g. for a command that the database does not answer. */
const STOP_TIMEOUT = SECOND;

/** Runs the work once, until it is stopped. It also ends when the client is closed, and may start again after that. */
function createLife(client: MongoClient, work: (stopping: AbortSignal) => Promise<void>) {
  let current: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;
  let isStopped = false;

  function begin() {
    const stopping = new AbortController();
    const onClosed = () => stopping.abort(CLIENT_CLOSED);
    client.once('topologyClosed', onClosed);
    const done = work(stopping.signal).finally(() => {
      client.off('topologyClosed', onClosed);
      current = undefined;
    });
    return { stopping, done };
  }

  return {
    start(): void {
      if (!isStopped) current ??= begin();
    },
    async stop(): Promise<void> {
      isStopped = true;
      current?.stopping.abort('it was stopped');
      const late = () => new Error('The follower did not end in time');
      if (current !== undefined)
        await withTimeout(STOP_TIMEOUT, current.done, late).catch(() => undefined);
    },
  };
}

const NOT_STARTED: Hindrance = {
  reason: 'It starts to follow with the first token that it checks',
};
const NOT_REGISTERED: Hindrance = {
  reason: 'It has started to follow, but has not registered yet',
};

/** Keeps the registration, and the reason why there is none. */
function createState(onEvent: OnFollower) {
  let registration: Registration | undefined;
  let hindrance: Hindrance | undefined = NOT_STARTED;

  return {
    position: (): Timestamp | undefined => registration?.position(),
    ownPosition: (id: string): Timestamp | undefined =>
      registration?.id === id ? registration.position() : undefined,
    hindrance: () => hindrance,
    started(): void {
      if (hindrance === NOT_STARTED) hindrance = NOT_REGISTERED;
    },
    setRegistration(current: Registration | undefined): void {
      registration = current;
    },
    report(event: FollowerEvent): void {
      if (event.type === 'hindered') hindrance = event;
      if (event.type === 'registered') hindrance = undefined;
      onEvent(event);
    },
  };
}

/** Creates the read of what may be remembered. It returns undefined without a registration: then nothing may be. */
function createRead(db: Db, versions: Versions, findPosition: () => Timestamp | undefined) {
  return async function read<Found>(
    find: (options: CausalReadOptions) => Promise<Found>,
  ): Promise<Versioned<Found> | undefined> {
    const position = findPosition();
    if (position === undefined) return undefined;
    const version = versions.last(); // before the read begins: a change meanwhile is newer
    return { found: await readAfter(db.client, position, find), version };
  };
}

/**
 * Creates the wait until every follower has a write, or can no longer act without it. It throws StoreUnavailable after
 * `timeout` milliseconds.
 */
function createReportedSettle(wait: Settle, onEvent: OnFollower): Settle {
  return async function settle(write, timeout) {
    try {
      const settled = await wait(write, timeout);
      onEvent({ type: 'settled', ...settled });
      return settled;
    } catch (error) {
      const duration = performance.now() - write.at;
      if (error instanceof Unsettled)
        onEvent({ type: 'unsettled', duration, silent: error.silent });
      throw error;
    }
  };
}

type Settle = ReturnType<typeof createSettle>['settle'];
