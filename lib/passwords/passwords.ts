import { extname } from 'node:path';
import { genSaltSync, getRounds } from 'bcryptjs';
import { Piscina } from 'piscina';
import { assertInteger } from '../assert.ts';
import { AuthError } from '../errors.ts';
import { SECOND, withTimeout } from '../time.ts';
import { HIGHEST_COST, isUsableHash, LOWEST_COST } from './usable-hash.ts';
import type { CheckTask, HashTask } from './worker.ts';

export type Passwords = ReturnType<typeof createPasswords>;

export interface PasswordOptions {
  /** The bcrypt cost, 10 to 14. A hash takes 2^cost rounds. */
  readonly bcryptCost: number;
  /** Worker threads, at least 1. */
  readonly bcryptThreads: number;
  /** Milliseconds, including the time in the queue, after which a hash or a check rejects. Default 3,500. */
  readonly timeout?: number;
}

const LONGEST_PASSWORD = 72;
const RETRY_AFTER = 2 * SECOND;

/** Returns a sentence that explains why bcrypt cannot use a password; undefined if it can. */
export function passwordFault(password: string): string | undefined {
  if (typeof password !== 'string') return 'The password must be a string.';
  if (password.length === 0) return 'The password must not be empty.';
  if (/\p{Surrogate}/u.test(password)) return 'The password must be valid Unicode.';
  if (password.includes('\0')) return 'The password must not contain a NUL character.';
  if (Buffer.byteLength(password, 'utf8') > LONGEST_PASSWORD) {
    return `The password must be at most ${LONGEST_PASSWORD} bytes long in UTF-8; the rest would be ignored.`;
  }
  return undefined;
}

/** Hashes and checks passwords with bcrypt. Uses worker threads, so that other requests do not wait. */
export function createPasswords(options: PasswordOptions) {
  checkPasswordOptions(options);
  const { bcryptCost: cost, bcryptThreads: threads, timeout = 3.5 * SECOND } = options;
  const dummy = createDummyHash(cost);
  const pool = createPool(threads, threads * queuePerThread(cost));
  const slots = threads + pool.options.maxQueue;
  let reserved = 0;

  function assertQueueHasRoom(): void {
    if (pool.queueSize >= pool.options.maxQueue) throw busy();
  }

  /**
   * Reserves a queue slot for a password check and returns a function that releases the slot. Throws AuthError `busy`
   * if no slot is free, so that a call is refused before it reads from the database.
   */
  function reserveSlot(): () => void {
    assertQueueHasRoom();
    if (reserved >= slots) throw busy();
    reserved++;
    return () => {
      reserved--;
    };
  }

  async function run<T>(name: 'hash' | 'check', task: HashTask | CheckTask): Promise<T> {
    assertQueueHasRoom();
    const timedTask = { ...task, startBy: Date.now() + timeout };
    return withTimeout(timeout, pool.run(timedTask, { name }), busy);
  }

  return {
    /** Returns bcrypt's hash at the configured cost. Throws AuthError `busy` if the queue is full. */
    hash: (password: string): Promise<string> => run('hash', { password, cost }),

    /** Returns true if the password matches the hash. If there is no usable hash, returns false after the same time. */
    async check(password: string, hash: string | undefined): Promise<boolean> {
      const usable = isUsableHash(hash);
      const fits = await run<boolean>('check', { password, hash: usable ? hash : dummy });
      return usable && fits;
    },

    reserveSlot,
    /** Returns true for a hash that `check` can verify: bcrypt at a cost from 10 to 14. */
    isUsable: isUsableHash,
    /** Returns true if the cost of a hash is lower than the configured cost. */
    isOutdated: (hash: string): boolean => getRounds(hash) < cost,
    /** Ends the worker threads. */
    close: (): Promise<void> => pool.destroy(),
  };
}

function createPool(maxThreads: number, maxQueue: number): Piscina {
  return new Piscina({
    filename: new URL(`./worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0,
    maxThreads,
    idleTimeout: Number.POSITIVE_INFINITY,
    niceIncrement: 10,
    maxQueue,
  });
}

function busy(): AuthError {
  const options = { retryAfter: RETRY_AFTER };
  return new AuthError('busy', 'The password queue is full', options);
}

/** Throws TypeError if the cost or the number of threads is out of range. */
export function checkPasswordOptions({ bcryptCost, bcryptThreads }: PasswordOptions): void {
  assertInteger('bcryptCost', bcryptCost, LOWEST_COST, HIGHEST_COST);
  assertInteger('bcryptThreads', bcryptThreads, 1);
}

/** Returns the number of checks that may wait for each thread. They take about 2.5 seconds at any cost. */
function queuePerThread(cost: number): number {
  return 2 ** (HIGHEST_COST + 1 - cost);
}

/** Creates a hash that no known password has. It is checked for unknown users, so that all logins take equally long. */
function createDummyHash(cost: number): string {
  const digest = genSaltSync(cost).slice(-22) + genSaltSync(cost).slice(-9);
  return genSaltSync(cost) + digest;
}
