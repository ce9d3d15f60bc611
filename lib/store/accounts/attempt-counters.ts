import { randomUUID } from 'node:crypto';
import type { AnyBulkWriteOperation, Collection, Document } from 'mongodb';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { isDuplicateIn } from '../mongo/duplicate-keys.ts';
import type { Expiry } from './expiry.ts';

/** A counter of failures: its key, its limit, and the rule by which failures expire. */
export interface Counter {
  readonly key: string;
  /** The limit for the sum of failures and attempts in flight. */
  readonly most: number;
  readonly expiry: Expiry;
}

/** A stored counter of failures, and of attempts in flight that may become failures. */
interface CounterDocument {
  readonly key: string;
  /** The number of unexpired failures at the time of the last failure, including that failure. */
  readonly points: number;
  /** The time of the first failure in the window for `allAtOnce`; the time of the last failure for `oneByOne`. */
  readonly since?: Date;
  /** Attempts in flight. An attempt whose outcome is never recorded, e.g. after a crash, expires at `until`. */
  readonly under_way?: readonly { readonly id: string; readonly until: Date }[];
  /** The time after which nothing in the document counts any more, so that the TTL index may delete the document. */
  readonly expire: Date;
}

/** Shows if a counter allows one more attempt. */
export interface Room {
  /** Milliseconds until enough failures have expired to allow one more; 0 if one more is allowed now. */
  readonly wait: number;
  /** True if the sum of failures and attempts in flight is below the limit. */
  readonly isFree: boolean;
}

/** An attempt in flight, counted by several counters. `release` and `fail` return false if the attempt has expired. */
export type Reservation = NonNullable<Awaited<ReturnType<AttemptCounters['reserve']>>>;

export type AttemptCounters = ReturnType<typeof createAttemptCounters>;

export type CounterSnapshot = ReturnType<typeof toSnapshot>;

/**
 * Maintains the counters in `login_limits`, which count failures and attempts in flight. All times are of the
 * database's clock. An attempt is counted before its outcome is known, so that concurrent attempts get no more guesses
 * than sequential ones. An attempt without an outcome expires after `holdFor` milliseconds.
 */
export function createAttemptCounters(collection: Collection, holdFor: number) {
  async function update(operations: AnyBulkWriteOperation[]): Promise<number> {
    const options = { ordered: false, maxTimeMS: MAX_TIME };
    const result = await collection.bulkWrite(operations, options);
    return result.modifiedCount + result.upsertedCount;
  }

  /** Counts the attempt. Retries once if a concurrent attempt has just inserted a counter with the same key. */
  async function start(counters: readonly Counter[], id: string): Promise<boolean> {
    const operations = counters.map((counter) => startUpdate(counter, id, holdFor));
    const isComplete = async () => (await update(operations)) === counters.length;
    return isComplete().catch(async (error: unknown) => {
      if (!isDuplicateIn(error, 'key')) throw error;
      await end(counters, id, releaseUpdate);
      return isComplete();
    });
  }

  async function end(
    counters: readonly Counter[],
    id: string,
    change: (counter: Counter, id: string) => Document[],
  ): Promise<boolean> {
    const operations = counters.map((counter) => ({
      updateOne: { filter: { key: counter.key, 'under_way.id': id }, update: change(counter, id) },
    }));
    return (await orUnavailable(update(operations))) === counters.length;
  }

  return {
    /** Reads the documents with these keys in one command. */
    read: (keys: readonly string[]): Promise<CounterSnapshot> => readCounters(collection, keys),

    /** Counts an attempt in all of these counters. If one of them is full, counts nothing and returns undefined. */
    async reserve(counters: readonly Counter[]) {
      const id = randomUUID();
      /** Removes the attempt from the counters. */
      const release = () => end(counters, id, releaseUpdate);
      /** Turns the attempt into a failure. */
      const fail = () => end(counters, id, failUpdate);
      const isComplete = await orUnavailable(start(counters, id)).catch((error: unknown) => {
        void release().catch(() => undefined); // if this fails, the attempt expires later
        throw error;
      });
      if (isComplete) return { release, fail };
      await release();
      return undefined;
    },
  };
}

async function readCounters(collection: Collection, keys: readonly string[]) {
  const isLive = { $gt: ['$expire', '$$NOW'] };
  const filter = { key: { $in: [...keys] }, $expr: isLive };
  const projection = { now: '$$NOW', key: 1, points: 1, since: 1, under_way: 1 };
  const found = collection.find<Snapshot>(filter, { projection, maxTimeMS: MAX_TIME });
  return toSnapshot(await orUnavailable(found.toArray()));
}

type Snapshot = CounterDocument & { readonly now: Date };

function toSnapshot(documents: readonly Snapshot[]) {
  const byKey = new Map(documents.map((document) => [document.key, document]));
  return {
    has: (key: string): boolean => byKey.has(key),
    room({ key, most, expiry }: Counter): Room {
      const document = byKey.get(key);
      if (document === undefined) return { wait: 0, isFree: true };
      const { now, points, since = now, under_way = [] } = document;
      const age = now.getTime() - since.getTime();
      const underWay = under_way.filter(({ until }) => until > now).length;
      return {
        wait: expiry.wait(points, age, most),
        isFree: expiry.left(points, age) + underWay + 1 <= most,
      };
    },
  };
}

const NO_ATTEMPTS: readonly never[] = [];
const underWay = { $ifNull: ['$under_way', NO_ATTEMPTS] };
const isLive = { $gt: ['$$this.until', '$$NOW'] };
const live = { $filter: { input: underWay, as: 'this', cond: isLive } };

/** Returns the update that adds an attempt to a counter. The update changes nothing if the counter is at its limit. */
function startUpdate({ key, most, expiry }: Counter, id: string, holdFor: number) {
  const hasRoom = { $lte: [{ $add: [expiry.failures, { $size: live }, 1] }, most] };
  const until = { $add: ['$$NOW', holdFor] };
  const added = { $concatArrays: [live, [{ id, until }]] };
  const update = [
    { $set: { under_way: { $cond: [hasRoom, added, underWay] } } },
    { $set: { points: { $ifNull: ['$points', 0] }, expire: later(['$under_way.until']) } },
  ];
  return { updateOne: { filter: { key }, update, upsert: true } };
}

function failUpdate({ expiry }: Counter, id: string): Document[] {
  const counted = { points: { $add: [expiry.failures, 1] }, since: expiry.since };
  return [
    { $set: { ...counted, under_way: without(id) } },
    { $set: { expire: later([[expiry.end]]) } },
  ];
}

function releaseUpdate(_: Counter, id: string): Document[] {
  return [{ $set: { under_way: without(id) } }];
}

function without(id: string): Document {
  return { $filter: { input: underWay, as: 'this', cond: { $ne: ['$$this.id', id] } } };
}

/** Returns the latest of the stored expiry and these dates, so that the TTL index keeps failures that still count. */
function later(dates: readonly unknown[]): Document {
  return { $max: ['$expire', ...dates.map((each) => ({ $max: each }))] };
}
