import { createHash } from 'node:crypto';
import { DEFAULTS } from '../../defaults.ts';
import { AuthError, StoreUnavailable } from '../../errors.ts';
import { isIpv6, toNetwork, toSubscriber } from '../../ip-address.ts';
import { DAY, SECOND } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';
import { orUnavailable } from '../mongo/database.ts';
import {
  type Counter,
  type CounterSnapshot,
  createAttemptCounters,
  type Reservation,
} from './attempt-counters.ts';
import { allAtOnce, type Limit, oneByOne } from './expiry.ts';

export interface LoginLimitOptions {
  /** The limit per account and address; for password changes, the limit per session. Default 10 in 15 minutes. */
  readonly perAccount?: Limit;
  /** The limit per IPv4 address or IPv6 /64, over all accounts. Tenfold for an IPv6 /48. Default 100 in 15 minutes. */
  readonly perAddress?: Limit;
  /**
   * The limit per account for all unknown addresses together. An address is known for 30 days after a successful login
   * to the account. Above the limit, each unknown address still gets two tries, but all unknown addresses together get
   * at most 5 times the limit in its duration. Default 100 in a day.
   */
  readonly anywhere?: Limit;
}

/** A password check in flight. Each of its functions may reject with AuthError `store_unavailable`. */
export type LoginAttempt = ReturnType<typeof toAttempt>;

export type LoginLimits = ReturnType<typeof createLoginLimits>;

const KNOWN_FOR = 30 * DAY;

/** The limit of an IPv6 /48, as a multiple of the limit of a single /64. */
const PER_SITE = 10;

/**
 * The steps that slow down unknown addresses. Above the limit `anywhere`, each address gets `tries`. Above `ofAddress`
 * times the limit, all addresses of a network share `tries`. Above `ofNetwork` times the limit, all are refused.
 */
const SLOWLY = { ofAddress: 3.2, ofNetwork: 4, tries: 2 };

/** The `retryAfter` of `busy` in milliseconds, long enough for the attempts in flight to end. */
const BUSY_RETRY_AFTER = SECOND;

/**
 * Counts failed logins in the `login_limits` collection. Accounts and addresses are stored as hashes. An attempt
 * without an outcome expires after `holdFor` milliseconds.
 */
export function createLoginLimits(
  { loginLimits }: Pick<Collections, 'loginLimits'>,
  options: LoginLimitOptions = {},
  holdFor = 10 * SECOND,
) {
  const make = createMakeCounters(options);
  const counters = createAttemptCounters(loginLimits, holdFor);

  async function reserve(chosen: readonly Counter[]): Promise<Reservation> {
    const reservation = await counters.reserve(chosen);
    if (reservation === undefined) throw busy(); // concurrent attempts have reached the limit
    return reservation;
  }

  /** Stores an address as known. The database's clock sets the expiry, because a server's clock may be wrong. */
  async function remember(key: string): Promise<void> {
    const update = [{ $set: { points: 1, expire: { $add: ['$$NOW', KNOWN_FOR] } } }];
    await orUnavailable(loginLimits.updateOne({ key }, update, { upsert: true }));
  }

  return {
    /**
     * Counts a login before its password is checked. Throws AuthError `too_many_logins` with `retryAfter` after too
     * many failures, and `busy` if a limit is exceeded only because of attempts in flight.
     */
    async takeLogin(email: string, ip: string): Promise<LoginAttempt> {
      const { always, offers, known } = make.ofLogin(email, ip);
      const all = [...always, ...offers.flat()].map(({ key }) => key);
      const snapshot = await counters.read([known, ...new Set(all)]);
      const options = snapshot.has(known) ? [always] : offers.map((offer) => [...always, ...offer]);
      const reservation = await reserve(choose(options, snapshot));
      return toAttempt(reservation, () => remember(known));
    },

    /** Counts a change of password like a login, but per session and in counters of its own. */
    async takeChange(sessionId: string): Promise<LoginAttempt> {
      const ofSession = make.ofSession(sessionId);
      const snapshot = await counters.read(ofSession.map(({ key }) => key));
      return toAttempt(await reserve(choose([ofSession], snapshot)));
    },
  };
}

/**
 * Returns the first set whose counters are all below their limits. Throws AuthError `too_many_logins` or `busy` if
 * there is no such set.
 */
function choose(
  options: readonly (readonly Counter[])[],
  snapshot: CounterSnapshot,
): readonly Counter[] {
  const waits = options.map((set) => Math.max(...set.map((each) => snapshot.room(each).wait)));
  const open = options.filter((_, index) => waits[index] === 0);
  if (open.length === 0) throw tooManyLogins(Math.min(...waits));
  const free = open.find((set) => set.every((each) => snapshot.room(each).isFree));
  if (free === undefined) throw busy();
  return free;
}

/**
 * Wraps a reservation. `failed` and `succeeded` throw if the reservation has expired, because clients may learn only
 * outcomes that were counted.
 */
function toAttempt(reservation: Reservation, remember = async () => {}) {
  const inTime = async (end: Promise<boolean>) => {
    if (!(await end))
      throw new StoreUnavailable('The login attempt expired before it was counted. Try again');
  };
  return {
    /** Records a wrong password as a failure. Await the call before the response is sent. */
    failed: (): Promise<void> => inTime(reservation.fail()),
    /** Records a right password. Drops the attempt and stores the address as known. */
    async succeeded(): Promise<void> {
      await inTime(reservation.release());
      await remember();
    },
    /** Drops an attempt without an outcome, e.g. after a database error. Counts no failure. */
    async withdraw(): Promise<void> {
      await reservation.release();
    },
  };
}

interface LoginCounters {
  /** The counters of a login from any address. */
  readonly always: readonly Counter[];
  /** Alternative lists of further counters for an unknown address. One list without a full counter is enough. */
  readonly offers: readonly (readonly Counter[])[];
  /** The key of the entry that marks the address as known. */
  readonly known: string;
}

/** Creates the functions that return the counters of a login and of a change of password. */
function createMakeCounters(options: LoginLimitOptions) {
  const { loginLimits } = DEFAULTS;
  const { perAccount = loginLimits.perAccount, perAddress = loginLimits.perAddress } = options;
  const { anywhere = loginLimits.anywhere } = options;
  return {
    ofLogin(email: string, ip: string): LoginCounters {
      const account = hashed(email);
      const address = hashed(toSubscriber(ip));
      const pair = hashed(`${account} ${address}`);
      const site = { ...perAddress, points: PER_SITE * perAddress.points };
      const always = [
        windowed('pair', pair, perAccount),
        windowed('subscriber', address, perAddress),
        ...(isIpv6(ip) ? [windowed('site', hashed(toNetwork(ip)), site)] : []),
      ];
      return { always, offers: createOffers(account, ip, anywhere), known: `known:${pair}` };
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

/** Returns the alternative lists of counters for a login from an unknown address, the preferred list first. */
function createOffers(account: string, ip: string, anywhere: Limit): Counter[][] {
  const tries = { points: SLOWLY.tries, duration: 2 * anywhere.duration };
  const strangers = (share: number): Counter => ({
    key: `strangers:${account}`,
    most: anywhere.points * share,
    expiry: oneByOne(anywhere),
  });
  const pair = hashed(`${account} ${hashed(toSubscriber(ip))}`);
  const network = hashed(`${account} ${hashed(toNetwork(ip))}`);
  const ofAddress = windowed('stranger', pair, tries);
  const ofNetwork = windowed('strange-network', network, tries);
  return [
    [strangers(1)],
    [strangers(SLOWLY.ofAddress), ofAddress],
    [strangers(SLOWLY.ofNetwork), ofAddress, ofNetwork],
  ];
}

function windowed(what: string, by: string, { points, duration }: Limit): Counter {
  return { key: `${what}:${by}`, most: points, expiry: allAtOnce(duration) };
}

function tooManyLogins(retryAfter: number): AuthError {
  return new AuthError('too_many_logins', 'Too many failed logins', { retryAfter });
}

function busy(): AuthError {
  const options = { retryAfter: BUSY_RETRY_AFTER };
  return new AuthError('busy', 'Too many logins of this account or address are in flight', options);
}

function hashed(value: string): string {
  return createHash('sha256').update(value).digest('base64url');
}
