import { assertInteger } from './assert.ts';
import { DEFAULTS } from './defaults.ts';
import type { Log } from './log.ts';
import type { LoginLimitOptions } from './store/accounts/login-limits.ts';
import type { Db } from './store/mongo/database.ts';
import type { ProofAttempt } from './store/primary/prover.ts';
import { MOST_SESSIONS } from './store/sessions/sessions.ts';
import { type Clock, DAY, HOUR, SECOND } from './time.ts';
import type { Lifetimes } from './use-cases/shared/open-session.ts';

export interface AuthOptions {
  /** A database that `rescind migrate` has prepared; `connect(uri).db` sets all the time-outs. */
  readonly db: Db;
  /** The signing secret, followed by those that only verify. The rules for secrets apply. */
  readonly secrets: readonly string[];
  /**
   * Signs new access tokens in place of the first secret, so that others can verify them: Ed25519 (EdDSA) or
   * RSA of at least 2048 bits (RS256), PKCS#8 in PEM. Refresh tokens stay with the secrets.
   */
  readonly privateKey?: string | undefined;
  /** Public keys that only verify, in PEM, one after the other: the previous one, or the next one before it signs. */
  readonly publicKeys?: string | undefined;
  /** `iss` of the tokens. Default `rescind`. */
  readonly issuer?: string;
  /** `aud` of the tokens. Default `rescind`. */
  readonly audience?: string;
  /** Lifetime of access tokens in milliseconds, up to 24 hours. Default 15 minutes. */
  readonly accessTokenTtl?: number;
  /** Milliseconds after which a session ends that is not refreshed. Default 7 days. */
  readonly refreshTokenIdleTtl?: number;
  /** Milliseconds after which a session ends in any case, up to 90 days. Default 30 days. */
  readonly refreshTokenMaxTtl?: number;
  /** Milliseconds for which the refresh token before the newest still gets an answer. Default 60 seconds. */
  readonly refreshGrace?: number;
  /** The most sessions of one user, 1 to 1,000; the oldest ends for the next. Default 100. */
  readonly maxSessions?: number;
  /** bcrypt cost of new hashes, 10 to 14. Default 12. */
  readonly bcryptCost?: number;
  /** Threads that check passwords. Default 1. */
  readonly bcryptThreads?: number;
  /** The fewest characters of a new password, 8 to 64. Default 15: 8 are enough only beside a second factor. */
  readonly passwordMinLength?: number;
  /** Bytes of memory in which verified tokens are remembered, 0 for none. Default 96 MiB, some 220,000 tokens. */
  readonly rememberedTokenBytes?: number;
  /** The most milliseconds that a caller without a deadline of its own waits. Default 5,000. */
  readonly deadline?: number;
  /**
   * Milliseconds for which a proof that the primary has its majority holds: 0 (each read proves it by itself), or more
   * than `proofInterval` and less than the set's electionTimeoutMillis less 2,000. Default 5,000.
   */
  readonly maxStaleness?: number;
  /** Milliseconds between two proofs of the primary. Default 1,000. */
  readonly proofInterval?: number;
  /** Called after each attempt at such a proof, for metrics: `{ok, duration, primary, error}`, in milliseconds. Must not throw. */
  readonly onPrimaryProof?: (attempt: ProofAttempt) => void;
  /** The limits on failed logins. */
  readonly loginLimits?: LoginLimitOptions;
  /** Receives what no caller receives, such as the loss of an audit event. Default: no log. */
  readonly log?: Log;
  /** The time in milliseconds since 1970, for `iat` and `exp`. Default: the system's. */
  readonly clock?: Clock;
}

/** The options with their defaults filled in. */
export type ResolvedOptions = AuthOptions & Required<Pick<AuthOptions, keyof typeof DEFAULTS>>;

/** Fills in the defaults, also of options that are given as undefined. */
export function resolveOptions(options: AuthOptions): ResolvedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<AuthOptions>) } as ResolvedOptions;
}

/** The rules for sessions; durations in milliseconds. */
export interface SessionRules {
  readonly lifetimes: Lifetimes;
  readonly refreshGrace: number;
  readonly maxSessions: number;
}

/** The bound of every session. A limit that is raised later must not outlive the entries of sessions revoked before. */
const LONGEST_SESSION = 90 * DAY;

/** Returns the rules for sessions. Throws a TypeError that names the option at fault. */
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
