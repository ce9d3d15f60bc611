import type { Document } from 'mongodb';

/** A limit of `points` failures in `duration` milliseconds. */
export interface Limit {
  readonly points: number;
  readonly duration: number;
}

/**
 * A rule by which failures expire. The expressions are parts of an update, in which they read the database's clock and
 * the counter's fields `$points` and `$since`. The functions apply the same rule to a counter that was read.
 */
export interface Expiry {
  /** The number of failures that have not expired. */
  readonly failures: Document;
  /** The value of `since` after one more failure. */
  readonly since: Document | string;
  /** The time at which all failures have expired. */
  readonly end: Document;
  /** Returns how many of `points` failures are unexpired `age` milliseconds after `since`. */
  left(points: number, age: number): number;
  /** Returns the milliseconds until the limit `most` allows one more failure; 0 if the limit allows one now. */
  wait(points: number, age: number, most: number): number;
}

/** Expires all failures at once, `duration` milliseconds after the first failure. */
export function allAtOnce(duration: number): Expiry {
  const end = { $add: ['$since', duration] };
  const isOpen = { $gt: [end, '$$NOW'] };
  const left = (points: number, age: number) => (age < duration ? points : 0);
  return {
    failures: { $cond: [isOpen, '$points', 0] },
    since: { $cond: [isOpen, '$since', '$$NOW'] },
    end,
    left,
    wait: (points, age, most) => (left(points, age) + 1 <= most ? 0 : duration - age),
  };
}

/** Expires failures one by one and evenly, so that `points` failures expire in `duration` milliseconds. */
export function oneByOne({ points: rate, duration }: Limit): Expiry {
  const each = duration / rate;
  const age = { $subtract: ['$$NOW', { $ifNull: ['$since', '$$NOW'] }] };
  const stored = { $ifNull: ['$points', 0] };
  const left = (points: number, ms: number) => Math.max(0, points - ms / each);
  return {
    failures: { $max: [0, { $subtract: [stored, { $divide: [age, each] }] }] },
    since: '$$NOW',
    end: { $add: ['$since', { $multiply: ['$points', each] }] },
    left,
    wait: (points, ms, most) => Math.max(0, (left(points, ms) + 1 - most) * each),
  };
}
