import { assertInteger } from './assert.ts';
import { DEFAULTS } from './defaults.ts';
import type { Log } from './log.ts';
import type { LoginLimitOptions } from './store/accounts/login-limits.ts';
import type { FollowerEvent } from './store/followers/events.ts';
import { longestLease } from './store/followers/obstacles.ts';
import type { Db } from './store/mongo/database.ts';
import { MOST_SESSIONS } from './store/sessions/sessions.ts';
import { type Clock, DAY, HOUR, SECOND } from './time.ts';
import type { Lifetimes } from './use-cases/shared/open-session.ts';

export interface AuthOptions {
  /** A database prepared by `rescind migrate`. Use `connect(uri).db`, which sets all timeouts. */
  readonly db: Db;
  /** The signing secret, followed by secrets that only verify. Weak secrets are refused. */
  readonly secrets: readonly string[];
  /**
   * The private key that signs access tokens in place of the first secret, so that other services can verify them.
   * Ed25519 (EdDSA) or RSA of at least 2048 bits (RS256), PKCS#8 in PEM. The first secret still signs refresh tokens.
   */
  readonly privateKey?: string | undefined;
  /** The public keys of previous and next private keys, in PEM, one after the other. They only verify tokens. */
  readonly publicKeys?: string | undefined;
  /** `iss` of the tokens. Default `rescind`. */
  readonly issuer?: string;
  /** `aud` of the tokens. Default `rescind`. */
  readonly audience?: string;
  /** Lifetime of access tokens in milliseconds, up to 24 hours. Default 15 minutes. */
  readonly accessTokenTtl?: number;
  /** Milliseconds without a refresh after which a session ends. Default 7 days. */
  readonly refreshTokenIdleTtl?: number;
  /** Milliseconds after which a session ends even if it is refreshed, up to 90 days. Default 30 days. */
  readonly refreshTokenMaxTtl?: number;
  /** Milliseconds for which an exchanged refresh token is accepted even if its successor was used. Default 1 minute. */
  readonly refreshGrace?: number;
  /** The most sessions of one user, 1 to 1,000. Another login ends the oldest session. Default 100. */
  readonly maxSessions?: number;
  /** bcrypt cost of new hashes, 10 to 14. Default 12. */
  readonly bcryptCost?: number;
  /** Threads that check passwords. Default 1. */
  readonly bcryptThreads?: number;
  /** The minimum length of new passwords, 8 to 64 characters. Default 15; use less only with a second factor. */
  readonly passwordMinLength?: number;
  /**
   * The size of the cache of tokens in bytes; 0 disables it. Default 96 MiB: about 220,000 verified tokens, or 100,000
   * with their users while the server follows.
   */
  readonly rememberedTokenBytes?: number;
  /** Milliseconds after which a call rejects, unless `caller.deadline` is set. Default 5,000. */
  readonly deadline?: number;
  /**
   * `auto`: the server remembers tokens and users that it has read, and follows the changes of the database, so that a
   * known token costs no read. It starts with the first check of a token, on a replica set only; elsewhere, and with
   * `off`, every check reads the database. Default `auto`. Either way a revocation waits for every server that follows.
   */
  readonly follow?: 'auto' | 'off';
  /**
   * Milliseconds for which a server that follows may act on what it remembers, 1,000 to 30,000. A revocation waits up to
   * 1.1 of it for a server that does not answer, which has to fit into nine tenths of `deadline`, with a second to spare.
   * Default 2,000, or less with a short deadline; with one below 1,800 the server does not follow.
   *
   * Whoever revokes waits within its own `deadline` for the lease of the other. So give all processes on a database the
   * same two values, or leases that fit into the shortest `deadline` among them. Otherwise one with a short deadline rejects
   * every revocation with `store_unavailable` while a follower with a long lease is silent. Within a process all that
   * share a client and a database have one follower. The first `createAuth` sets its lease and its deadline, even with
   * `follow: 'off'`: give all of them the same two values, or a client each. One that joins with a deadline that is too
   * short for this lease logs a warning.
   */
  readonly followerLease?: number | undefined;
  /**
   * Called with each event of the follower, for metrics: registrations, renewals, lapses, settled revocations, strict reads.
   * `FollowerEvent` describes each with its units. Called in the middle of the work, so it must be short and not throw.
   */
  readonly onFollower?: (event: FollowerEvent) => void;
  /** The limits on failed logins. */
  readonly loginLimits?: LoginLimitOptions;
  /** Logs faults that no call reports, such as the loss of an audit event. Default: no log. */
  readonly log?: Log;
  /** Returns the time in milliseconds since 1970, for `iat` and `exp`. Default: the system clock. */
  readonly clock?: Clock;
}

/** The options with their defaults filled in. */
export type ResolvedOptions = AuthOptions & Required<Pick<AuthOptions, keyof typeof DEFAULTS>>;

/** Fills in the default of each option that is missing or undefined. */
export function resolveOptions(options: AuthOptions): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<AuthOptions>) } as ResolvedOptions;
}

/** The lease that is used if none is set, in milliseconds. */
const DEFAULT_LEASE = 2 * SECOND;

/** The shortest deadline that leaves a lease, if none is set, in milliseconds. A shorter lease is renewed too often. */
const SHORTEST_DEADLINE = 1_800;

/** The range of `followerLease` in milliseconds. */
const LEASES = { shortest: SECOND, longest: 30 * SECOND } as const;

/**
 * Returns the shortest lease of a follower, which many followers make longer. Throws a TypeError for one that is set and
 * out of range, or too long.
 */
export function shortestLease({ followerLease, deadline }: ResolvedOptions): number {
  const longest = longestLease(deadline);
  if (followerLease === undefined) return leaseIfUnset(deadline, longest);
  assertInteger('followerLease', followerLease, LEASES.shortest, LEASES.longest);
  if (followerLease <= longest) return followerLease;
  throw new TypeError(
    `"followerLease" is ${followerLease} ms, but a revocation can only wait for ${longest} ms within "deadline". Make the lease shorter, or the deadline longer`,
  );
}

/**
 * Returns the lease if none is set. With a deadline below the shortest it is on purpose longer than the longest that fits:
 * the follower then finds that the deadline is too short, says so, and does not follow.
 */
function leaseIfUnset(deadline: number, longest: number): number {
  return deadline < SHORTEST_DEADLINE ? DEFAULT_LEASE : Math.min(DEFAULT_LEASE, longest);
}

/** The rules for sessions. Durations are in milliseconds. */
export interface SessionRules {
  readonly lifetimes: Lifetimes;
  readonly refreshGrace: number;
  readonly maxSessions: number;
}

/** The highest `refreshTokenMaxTtl`. The store keeps the entry of a revoked session longer than any session lasts. */
const LONGEST_SESSION = 90 * DAY;

/** Returns the rules for sessions. Throws a TypeError that names an invalid option. */
export function sessionRules(options: ResolvedOptions): SessionRules {
  const { accessTokenTtl, refreshGrace, maxSessions } = options;
  const { refreshTokenIdleTtl: idleTtl, refreshTokenMaxTtl: maxTtl } = options;
  assertInteger('refreshTokenMaxTtl', maxTtl, SECOND, LONGEST_SESSION);
  assertInteger('refreshTokenIdleTtl', idleTtl, SECOND, maxTtl);
  assertInteger('accessTokenTtl', accessTokenTtl, SECOND, idleTtl);
  assertInteger('refreshGrace', refreshGrace, 0, HOUR);
  assertInteger('maxSessions', maxSessions, 1, MOST_SESSIONS);
  return { lifetimes: { idleTtl, maxTtl }, refreshGrace, maxSessions };
}
