import { randomUUID } from 'node:crypto';
import type { ChangeStream, ChangeStreamOptions, Document } from 'mongodb';
import type { FollowerEvent } from '../../../../lib/store/followers/events.ts';
import type { FeedEvent } from '../../../../lib/store/followers/feed.ts';
import { createFollower, type FollowerDeps } from '../../../../lib/store/followers/follower.ts';
import { writeTimed } from '../../../../lib/store/mongo/causal-reads.ts';
import { type Collections, openCollections } from '../../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../../lib/store/mongo/database.ts';
import { createSchema } from '../../../../lib/store/mongo/schema-document.ts';
import { createStrictReads } from '../../../../lib/store/mongo/strict-reads.ts';
import { revokeSessionUpdate } from '../../../../lib/store/revocations/entry-updates.ts';
import { MINUTE } from '../../../../lib/time.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import type { Scope } from '../../../helpers/scope.ts';

/** A lease that holds however busy the machine is. */
export const LONG = 30_000;

/** A lease for tests that wait until it ends. */
export const SHORT = 1_000;

export type OpenFollower = ReturnType<typeof openFollower>;

/** Creates a follower that stops with the test, and does not start it. */
export function openFollower(t: Scope, db: Db, options: Partial<FollowerDeps> = {}) {
  const collections = { ...openCollections(db), ...options.collections };
  const strictReads = createStrictReads(db);
  const events: FollowerEvent[] = [];
  const follower = createFollower({
    db,
    schema: createSchema(collections, strictReads),
    strictReads,
    lease: LONG,
    deadline: MINUTE,
    version: 'test',
    onEvent: (event) => events.push(event),
    ...options,
    collections,
  });
  t.teardown(async () => {
    await follower.stop();
    strictReads.stop();
  });
  return { follower, events, db, collections };
}

/** Creates a follower, and waits for its lease. */
export async function startFollower(t: Scope, db: Db, options: Partial<FollowerDeps> = {}) {
  const opened = openFollower(t, db, options);
  opened.follower.start();
  await until('A registration', () => count(opened.events, 'registered') > 0);
  await until('A lease', opened.follower.holds);
  return opened;
}

/** Waits for a condition that is certain to come. */
export function until<T>(what: string, probe: () => T | Promise<T>) {
  return waitFor(what, probe, { interval: 10 });
}

/** Counts the events of this type. */
export function count(events: readonly FollowerEvent[], wanted: FollowerEvent['type']): number {
  return events.filter(({ type }) => type === wanted).length;
}

/** Revokes a session as the library does, and returns the acknowledgement. */
export function revokeSession(db: Db, name = `session:${randomUUID()}`) {
  const { revokedTokens } = openCollections(db);
  const update = revokeSessionUpdate({
    sessionId: name,
    userId: 'u',
    reason: 'test',
    revokedBy: 't',
  });
  return writeTimed(db.client, (session) =>
    revokedTokens.updateOne({ _id: name }, update, { upsert: true, session }),
  );
}

/** Reads so that the result may be remembered, and returns its version. */
export async function readVersion({ read }: Pick<OpenFollower['follower'], 'read'>) {
  const versioned = await read(async () => undefined);
  if (versioned === undefined) throw new Error('The follower is not registered');
  return versioned.version;
}

/** Creates a promise that is resolved from outside. */
export function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Wraps the database: each feed from `hold` on, also one that is open, keeps back its events until `release`. */
export function holdableFeed(db: Db) {
  const resumedAfter: unknown[] = [];
  const events: FeedEvent[] = [];
  let isHeld = false;
  let gates: (() => void)[] = [];

  function openStream(pipeline: Document[], options: ChangeStreamOptions): ChangeStream {
    resumedAfter.push(options.resumeAfter);
    const stream = db.watch(pipeline, options);
    const tryNext = stream.tryNext.bind(stream);
    stream.tryNext = async () => {
      const event = await tryNext();
      if (isHeld) await new Promise<void>((resolve) => gates.push(resolve));
      if (event !== null) events.push(event as unknown as FeedEvent);
      return event;
    };
    return stream;
  }

  return {
    db: replaceMethod(db, 'watch', openStream as Db['watch']),
    /** Those that were delivered. */
    events,
    /** The event after which each feed was opened. */
    resumedAfter,
    hold(): void {
      isHeld = true;
    },
    /** Lets every further event pass. Those that are held are delivered, if their feed is still open. */
    release(): void {
      isHeld = false;
      for (const open of gates) open();
      gates = [];
    },
  };
}

type Update = Collections['followers']['updateOne'];

/** Wraps `followers`: `around` receives each insert (the first is number 1) and renewal, and makes it or not. */
export function interceptRenewals(
  followers: Collections['followers'],
  around: (write: () => ReturnType<Update>, nth: number) => ReturnType<Update>,
): Collections['followers'] {
  let nth = 0;
  // A write that is held counts as sent: the signal that gives it up does not keep it from landing.
  const update = ((filter, change, options) => {
    const asSent = { ...options, signal: undefined };
    return around(() => followers.updateOne(filter, change, asSent), ++nth);
  }) as Update;
  return replaceMethod(followers, 'updateOne', update);
}

function replaceMethod<T extends object, Name extends keyof T>(it: T, name: Name, by: T[Name]): T {
  return new Proxy(it, {
    get(target, key) {
      if (key === name) return by;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
