import { extname } from 'node:path';
import { genSaltSync, getRounds } from 'bcryptjs';
import { Piscina } from 'piscina';
import { AuthError } from './errors.ts';
import type { CheckTask, HashTask } from './password-worker.ts';
import { SECOND, within } from './time.ts';
import { HIGHEST_COST, isUsableHash, LOWEST_COST } from './usable-hash.ts';

export interface Passwords {
  /** bcrypt's hash at the configured cost. AuthError `busy` when too many already wait. */
  hash(password: string): Promise<string>;
  /** Whether the password fits the hash; takes its time where there is no hash to compare with. */
  check(password: string, hash: string | undefined): Promise<boolean>;
  /**
   * Takes one of the places of those who are about to have a password checked, as many as there is room for;
   * what is answered gives it back. AuthError `busy` where none is left: the next one would only be turned
   * away later, after it had kept the database busy.
   */
  takePlace(): () => void;
  /** Whether a hash is one of bcrypt, at a cost from 10 to 14: no other one ever fits. */
  isUsable(hash: string): boolean;
  /** Whether a hash was made at a lower cost than is configured now. */
  isOutdated(hash: string): boolean;
  /** Ends the worker threads. */
  close(): Promise<void>;
}

export interface PasswordOptions {
  /** bcrypt cost, 10 to 14: 2^cost rounds. */
  readonly bcryptCost: number;
  /** Worker threads, at least 1. */
  readonly bcryptThreads: number;
  /** The most milliseconds that a caller waits for its turn and its result. Default 3,500. */
  readonly patience?: number;
}

const LONGEST_PASSWORD = 72;
const RETRY_AFTER = 2 * SECOND;

/** What makes a password unusable with bcrypt, as a sentence; undefined when nothing does. */
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

/** Hashes and checks passwords with bcrypt, in threads of their own so that no other request waits. */
export function createPasswords(options: PasswordOptions): Passwords {
  checkPasswordOptions(options);
  const { bcryptCost: cost, bcryptThreads: threads, patience = 3.5 * SECOND } = options;
  const dummy = hashOfNothing(cost);
  const pool = new Piscina({
    filename: new URL(`./password-worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    niceIncrement: 10,
    maxQueue: threads * queuePerThread(cost),
  });
  const places = threads + pool.options.maxQueue;
  let taken = 0;

  function assertRoom(): void {
    if (pool.queueSize >= pool.options.maxQueue) throw busy();
  }

  function takePlace(): () => void {
    assertRoom();
    if (taken >= places) throw busy();
    taken++;
    return () => {
      taken--;
    };
  }

  async function run<T>(name: 'hash' | 'check', task: HashTask | CheckTask): Promise<T> {
    assertRoom();
    const inTime = { ...task, startBy: Date.now() + patience };
    return within(patience, pool.run(inTime, { name }), busy);
  }

  return {
    hash: (password) => run('hash', { password, cost }),

    async check(password, hash) {
      const usable = isUsableHash(hash);
      const fits = await run<boolean>('check', { password, hash: usable ? hash : dummy });
      return usable && fits;
    },

    takePlace,
    isUsable: isUsableHash,
    isOutdated: (hash) => getRounds(hash) < cost,
    close: () => pool.destroy(),
  };
}

function busy(): AuthError {
  const options = { retryAfter: RETRY_AFTER };
  return new AuthError('busy', 'Too many passwords wait to be checked', options);
}

/** TypeError for a cost or a number of threads that cannot be. */
export function checkPasswordOptions({ bcryptCost, bcryptThreads }: PasswordOptions): void {
  if (!Number.isInteger(bcryptCost) || bcryptCost < LOWEST_COST || bcryptCost > HIGHEST_COST) {
    throw new TypeError(
      `"bcryptCost" must be a whole number from ${LOWEST_COST} to ${HIGHEST_COST}`,
    );
  }
  if (!Number.isInteger(bcryptThreads) || bcryptThreads < 1) {
    throw new TypeError('"bcryptThreads" must be a whole number of at least 1');
  }
}

/** A queue that one thread works off in some 2.5 seconds: each step of cost doubles the time of a check. */
function queuePerThread(cost: number): number {
  return 2 ** (HIGHEST_COST + 1 - cost);
}

/** A well-formed hash that no password is known to have, so that an unknown user takes as long as a known one. */
function hashOfNothing(cost: number): string {
  const digest = genSaltSync(cost).slice(-22) + genSaltSync(cost).slice(-9);
  return genSaltSync(cost) + digest;
}
