import { createHash } from 'node:crypto';
import { AuthError, StoreUnavailable } from '../errors.ts';
import { isIpv6, networkOf, subscriberOf } from '../ip-address.ts';
import { DAY, MINUTE, SECOND } from '../time.ts';
import {
  type Counter,
  type CounterSnapshot,
  createAttemptCounters,
  type Reservation,
} from './attempt-counters.ts';
import type { Collections } from './collections.ts';
import { orUnavailable } from './database.ts';
import { allAtOnce, type Limit, oneByOne } from './forgetting.ts';

export interface LoginLimitOptions {
  /** Per account and address, and per session that changes its password. Default 10 in 15 minutes. */
  readonly perAccount?: Limit;
  /** Per address (IPv6: per /64, and 10 times as many per /48), over all accounts. Default 100 in 15 minutes. */
  readonly perAddress?: Limit;
  /**
   * Per account, over all addresses that have not logged in to it in the last 30 days. After so many failures
   * logins go on slowly: two tries per new address, and never more than 5 times as many in the duration.
   * Default 100 in a day.
   */
  readonly anywhere?: Limit;
}

/** A look at a password that is under way. Every function may end in AuthError `store_unavailable`. */
export interface LoginAttempt {
  /** The password was right: it was no failure, and this address is known from now on. */
  succeeded(): Promise<void>;
  /** The password was wrong: it is a failure before the client learns of it. */
  failed(): Promise<void>;
  /** Neither right nor wrong, such as when the database was away: it was no failure. */
  withdraw(): Promise<void>;
}

export interface LoginLimits {
  /**
   * Counts a login before its password is looked at. AuthError `too_many_logins` with `retryAfter` after too many
   * failures; `busy` where attempts that are under way leave no room for another.
   */
  takeLogin(email: string, ip: string): Promise<LoginAttempt>;
  /** Counts a change of the password by a session, in the same way. No login counts here, and no other session. */
  takeChange(sessionId: string): Promise<LoginAttempt>;
}

const KNOWN_FOR = 30 * DAY;

/** An address of IPv6 has 65,536 neighbouring /64s in its /48. */
const PER_SITE = 10;

/** In shares of `anywhere`: what the first two tries of an address may fill, and what those of a network may. */
const SLOWLY = { ofAddress: 3.2, ofNetwork: 4, tries: 2 };

/** In milliseconds: the time of a password check and more, so that a retry finds room. */
const BUSY_RETRY_AFTER = SECOND;

/**
 * Counts failed logins in the `login_limits` collection. Accounts and addresses are stored as hashes. An attempt
 * that nobody ends is dropped after `holdFor` milliseconds.
 */
export function createLoginLimits(
  { loginLimits }: Pick<Collections, 'loginLimits'>,
  options: LoginLimitOptions = {},
  holdFor = 10 * SECOND,
): LoginLimits {
  const make = createMakeCounters(options);
  const counters = createAttemptCounters(loginLimits, holdFor);

  async function reserve(chosen: readonly Counter[]): Promise<Reservation> {
    const reservation = await counters.reserve(chosen);
    if (reservation === undefined) throw busy(); // others came in between
    return reservation;
  }

  /** The update with the time of the database, so that a server whose clock is wrong spares nobody for ever. */
  async function remember(key: string): Promise<void> {
    const update = [{ $set: { points: 1, expire: { $add: ['$$NOW', KNOWN_FOR] } } }];
    await orUnavailable(loginLimits.updateOne({ key }, update, { upsert: true }));
  }

  return {
    async takeLogin(email, ip) {
      const { always, offers, known } = make.ofLogin(email, ip);
      const all = [...always, ...offers.flat()].map(({ key }) => key);
      const snapshot = await counters.read([known, ...new Set(all)]);
      const ways = snapshot.has(known) ? [always] : offers.map((offer) => [...always, ...offer]);
      const reservation = await reserve(choose(ways, snapshot));
      return toAttempt(reservation, () => remember(known));
    },

    async takeChange(sessionId) {
      const ofSession = make.ofSession(sessionId);
      const snapshot = await counters.read(ofSession.map(({ key }) => key));
      return toAttempt(await reserve(choose([ofSession], snapshot)));
    },
  };
}

/** Returns the first way on which every counter has room. AuthError `too_many_logins`, `busy`. */
function choose(
  ways: readonly (readonly Counter[])[],
  snapshot: CounterSnapshot,
): readonly Counter[] {
  const waits = ways.map((way) => Math.max(...way.map((each) => snapshot.room(each).wait)));
  const open = ways.filter((_, index) => waits[index] === 0);
  if (open.length === 0) throw tooManyLogins(Math.min(...waits));
  const free = open.find((way) => way.every((each) => snapshot.room(each).isFree));
  if (free === undefined) throw busy();
  return free;
}

/** An attempt that was dropped meanwhile is not counted, so nobody learns how it ended. */
function toAttempt(reservation: Reservation, remember = async () => {}): LoginAttempt {
  const inTime = async (end: Promise<boolean>) => {
    if (!(await end)) throw new StoreUnavailable('The attempt took too long to be counted');
  };
  return {
    failed: () => inTime(reservation.fail()),
    async succeeded() {
      await inTime(reservation.release());
      await remember();
    },
    async withdraw() {
      await reservation.release();
    },
  };
}

interface LoginCounters {
  /** Counters that every login is counted in. */
  readonly always: readonly Counter[];
  /** Counters of a login from an address that is not known: one of these lists has to have room. */
  readonly offers: readonly (readonly Counter[])[];
  /** The key of the entry that the address is known by. */
  readonly known: string;
}

/** Names the counters, each after what it counts by. */
function createMakeCounters(options: LoginLimitOptions) {
  const perAccount = checked(options.perAccount ?? { points: 10, duration: 15 * MINUTE });
  const perAddress = checked(options.perAddress ?? { points: 100, duration: 15 * MINUTE });
  const anywhere = checked(options.anywhere ?? { points: 100, duration: DAY });
  return {
    ofLogin(email: string, ip: string): LoginCounters {
      const account = hashed(email);
      const address = hashed(subscriberOf(ip));
      const pair = hashed(`${account} ${address}`);
      const site = { ...perAddress, points: PER_SITE * perAddress.points };
      const always = [
        windowed('pair', pair, perAccount),
        windowed('subscriber', address, perAddress),
        ...(isIpv6(ip) ? [windowed('site', hashed(networkOf(ip)), site)] : []),
      ];
      return { always, offers: offersOf(account, ip, anywhere), known: `known:${pair}` };
    },

    ofSession(sessionId: string): Counter[] {
      const session = hashed(sessionId);
      return [
        windowed('session', session, perAccount),
        windowed('session-long', session, anywhere),
      ];
    },
  };
}

/** Returns what a stranger may be counted in, the better way first. */
function offersOf(account: string, ip: string, anywhere: Limit): Counter[][] {
  const tries = { points: SLOWLY.tries, duration: 2 * anywhere.duration };
  const strangers = (share: number): Counter => ({
    key: `strangers:${account}`,
    most: anywhere.points * share,
    forgetting: oneByOne(anywhere),
  });
  const pair = hashed(`${account} ${hashed(subscriberOf(ip))}`);
  const network = hashed(`${account} ${hashed(networkOf(ip))}`);
  const ofAddress = windowed('stranger', pair, tries);
  const ofNetwork = windowed('strange-network', network, tries);
  return [
    [strangers(1)],
    [strangers(SLOWLY.ofAddress), ofAddress],
    [strangers(SLOWLY.ofNetwork), ofAddress, ofNetwork],
  ];
}

function windowed(what: string, by: string, { points, duration }: Limit): Counter {
  return { key: `${what}:${by}`, most: points, forgetting: allAtOnce(duration) };
}

function checked(limit: Limit): Limit {
  if (limit.points >= 1 && limit.duration >= SECOND) return limit;
  throw new TypeError('"loginLimits" must let through at least 1 failure in at least 1 second');
}

function tooManyLogins(retryAfter: number): AuthError {
  return new AuthError('too_many_logins', 'Too many failed logins', { retryAfter });
}

function busy(): AuthError {
  const options = { retryAfter: BUSY_RETRY_AFTER };
  return new AuthError('busy', 'Too many logins of this account or address are under way', options);
}

function hashed(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
