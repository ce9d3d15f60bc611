import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import { AuthError, StoreNotReady } from '../errors.ts';
import { DAY, MINUTE, SECOND } from '../time.ts';
import type { Collections } from './collections.ts';
import { orUnavailable } from './database.ts';
import { isDuplicateOf, refusingIndex } from './duplicate-keys.ts';

/** So many failures within so many milliseconds. */
export interface Limit {
  readonly points: number;
  readonly duration: number;
}

export interface LoginLimitOptions {
  /** Per account and address. Default 10 in 15 minutes. */
  readonly perAccount?: Limit;
  /** Per address (IPv6: per /64), over all accounts. Default 100 in 15 minutes. */
  readonly perAddress?: Limit;
  /** Per account, over all addresses that have not logged in to it in the last 30 days. Default 100 in a day. */
  readonly anywhere?: Limit;
}

/** A login that is under way and counted as a failure until it proves otherwise. */
export interface LoginAttempt {
  /** The password was right: it was no failure, and this address is known from now on. */
  succeeded(): Promise<void>;
  /** Neither right nor wrong, such as when the database was away: it was no failure. */
  withdraw(): Promise<void>;
}

export interface LoginLimits {
  /** Counts a login before its password is looked at. AuthError `too_many_logins` with `retryAfter`. */
  take(email: string, ip: string): Promise<LoginAttempt>;
}

const KNOWN_FOR = 30 * DAY;

/** Counts failed logins in the `login_limits` collection. Accounts and addresses are stored as hashes. */
export function createLoginLimits(
  { loginLimits }: Pick<Collections, 'loginLimits'>,
  options: LoginLimitOptions = {},
): LoginLimits {
  const collection = withoutEndlessRetries(loginLimits);
  const limiter = (keyPrefix: string, { points, duration }: Limit) => {
    if (!(points >= 1 && duration >= SECOND)) {
      throw new TypeError('"loginLimits" must let through at least 1 failure in at least 1 second');
    }
    return new RateLimiterMongo({
      storeClient: { collection: () => collection },
      disableIndexesCreation: true,
      keyPrefix,
      points,
      duration: duration / SECOND,
    });
  };
  const perAccount = limiter(
    'account',
    options.perAccount ?? { points: 10, duration: 15 * MINUTE },
  );
  const perAddress = limiter(
    'address',
    options.perAddress ?? { points: 100, duration: 15 * MINUTE },
  );
  const anywhere = limiter('anywhere', options.anywhere ?? { points: 100, duration: DAY });
  const known = limiter('known', { points: 1, duration: KNOWN_FOR });

  return {
    async take(email, ip) {
      const account = hashed(email);
      const address = hashed(addressGroup(ip));
      const pair = hashed(`${account} ${address}`);
      const isKnown = (await orUnavailable(known.get(pair))) !== null;
      const counters: Counter[] = [
        { limiter: perAccount, key: pair },
        { limiter: perAddress, key: address },
        ...(isKnown ? [] : [{ limiter: anywhere, key: account }]),
      ];
      await takeAll(counters);
      return {
        withdraw: () => giveBack(counters),
        async succeeded() {
          const remember = orUnavailable(known.set(pair, 1, KNOWN_FOR / SECOND));
          await Promise.all([giveBack(counters), remember]);
        },
      };
    },
  };
}

/** The library takes every E11000 for another process that was faster, and tries again: for ever where an index refuses. */
function withoutEndlessRetries(loginLimits: Collections['loginLimits']) {
  const find: typeof loginLimits.findOne = loginLimits.findOne.bind(loginLimits);
  return {
    findOne: find,
    findOneAndUpdate: (...update: Parameters<typeof loginLimits.findOneAndUpdate>) =>
      loginLimits.findOneAndUpdate(...update).catch((error: unknown) => {
        const refusal = isDuplicateOf(error, 'key') ? undefined : refusingIndex(error);
        throw refusal === undefined ? error : new StoreNotReady(refusal, error);
      }),
  };
}

interface Counter {
  readonly limiter: RateLimiterMongo;
  readonly key: string;
}

/** Takes one point of each, or of none: a login that is turned away tries no password. */
async function takeAll(counters: readonly Counter[]): Promise<void> {
  const results = await Promise.allSettled(
    counters.map(({ limiter, key }) => orUnavailable(limiter.consume(key), isExhausted)),
  );
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (refused.length === 0) return;
  await giveBack(counters.filter((_, index) => isCounted(results[index])));
  throw refused.find((reason) => !isExhausted(reason)) ?? tooManyLogins(refused);
}

function isCounted(result: PromiseSettledResult<unknown> | undefined): boolean {
  return result?.status === 'fulfilled' || isExhausted(result?.reason);
}

async function giveBack(counters: readonly Counter[]): Promise<void> {
  await Promise.all(counters.map(({ limiter, key }) => orUnavailable(limiter.reward(key))));
}

function isExhausted(reason: unknown): reason is RateLimiterRes {
  return reason instanceof RateLimiterRes;
}

function tooManyLogins(refused: readonly RateLimiterRes[]): AuthError {
  const retryAfter = Math.max(...refused.map(({ msBeforeNext }) => msBeforeNext));
  return new AuthError('too_many_logins', 'Too many failed logins', { retryAfter });
}

function hashed(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}

/** The part of an address that one subscriber holds: an IPv4 address, or the /64 of an IPv6 one. */
export function addressGroup(ip: string): string {
  const bare = withoutPort(ip);
  if (!ipaddr.isValid(bare)) return bare;
  const address = ipaddr.process(bare);
  return address.kind() === 'ipv4'
    ? address.toString()
    : address.toByteArray().slice(0, 8).join('.');
}

/** Some proxies write `192.0.2.1:5678` and `[2001:db8::1]:5678` into X-Forwarded-For. */
function withoutPort(ip: string): string {
  const [, v6, v4] = /^(?:\[(.+)\]|([^:]+))(?::\d+)?$/.exec(ip) ?? [];
  return v6 ?? v4 ?? ip;
}
