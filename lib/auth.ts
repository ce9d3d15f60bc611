import { withDeadline } from './deadline.ts';
import { type Log, silent } from './log.ts';
import { createPasswords } from './passwords.ts';
import { createAudit } from './store/audit.ts';
import { createClockSkew } from './store/clock-skew.ts';
import { openCollections } from './store/collections.ts';
import { assertUsable, type Db } from './store/database.ts';
import { createLoginLimits, type LoginLimitOptions } from './store/login-limits.ts';
import { createRevocations } from './store/revocations.ts';
import { createSchema } from './store/schema.ts';
import { createSessions } from './store/sessions.ts';
import { createUsers } from './store/users.ts';
import { type Clock, MINUTE, SECOND } from './time.ts';
import { type AccessTokens, createAccessTokens } from './tokens/access-tokens.ts';
import { createKeyRing } from './tokens/keys.ts';
import { type Authenticate, createAuthenticate } from './use-cases/authenticate.ts';
import { type CheckHealth, createCheckHealth } from './use-cases/check-health.ts';
import { createLogin, type Login } from './use-cases/login.ts';
import { createLogout, type Logout } from './use-cases/logout.ts';
import { createRevokeAllTokens, type RevokeAllTokens } from './use-cases/revoke-all-tokens.ts';

export interface AuthOptions {
  /** A database that `rescind migrate` has prepared; `connect(uri).db` sets all the time-outs. */
  readonly db: Db;
  /** The first signs new tokens, the others only verify. The rules for secrets apply. */
  readonly secrets: readonly string[];
  /** `iss` of the tokens. Default `rescind`. */
  readonly issuer?: string;
  /** `aud` of the tokens. Default `rescind`. */
  readonly audience?: string;
  /** Lifetime of access tokens in milliseconds, up to 24 hours. Default 15 minutes. */
  readonly accessTokenTtl?: number;
  /** bcrypt cost of new hashes, 10 to 14. Default 12. */
  readonly bcryptCost?: number;
  /** Threads that check passwords. Default 1. */
  readonly bcryptThreads?: number;
  /** Bytes of memory in which verified tokens are remembered, 0 for none. Default 96 MiB, some 220,000 tokens. */
  readonly rememberedTokenBytes?: number;
  /** The most milliseconds that a caller without a deadline of its own waits. Default 5,000. */
  readonly deadline?: number;
  /** How many failed logins are let through. */
  readonly loginLimits?: LoginLimitOptions;
  /** Told what no caller can be told, such as an audit event that was lost. Default: nobody. */
  readonly log?: Log;
  /** The time in milliseconds since 1970, for `iat` and `exp`. Default: the system's. */
  readonly clock?: Clock;
}

export interface Auth {
  readonly login: Login;
  readonly authenticate: Authenticate;
  readonly logout: Logout;
  readonly revokeAllTokens: RevokeAllTokens;
  readonly checkHealth: CheckHealth;
  /** Ends the threads and timers. The database connection is the caller's to close. */
  close(): Promise<void>;
}

/** The share of the deadline that a password may take; the rest is for the database. */
const PASSWORD_SHARE = 0.7;

/**
 * Assembles the use cases on one database. Throws a TypeError that names the option at fault;
 * asks nothing of the database yet.
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { db, log = silent, clock = Date.now, deadline = 5 * SECOND } = options;
  const { bcryptCost = 12, bcryptThreads = 1 } = options;
  assertUsable(db);
  const accessTokens = await openAccessTokens(options, clock);
  const patience = deadline * PASSWORD_SHARE;
  const passwords = createPasswords({ bcryptCost, bcryptThreads, patience });

  const collections = openCollections(db);
  const users = createUsers(collections);
  const sessions = createSessions(collections);
  const schema = createSchema(collections);
  const revocations = createRevocations(collections, schema, clock);
  const loginLimits = createLoginLimits(collections, options.loginLimits);
  const audit = createAudit(collections, { log });
  const skew = createClockSkew(db, clock);

  const parts = {
    accessTokens,
    passwords,
    users,
    sessions,
    revocations,
    loginLimits,
    audit,
    skew,
    log,
  };
  return {
    login: withDeadline(createLogin(parts), deadline),
    authenticate: withDeadline(createAuthenticate(parts), deadline),
    logout: withDeadline(createLogout(parts), deadline),
    revokeAllTokens: withDeadline(createRevokeAllTokens(parts), deadline),
    checkHealth: createCheckHealth({ schema, revocations, skew, log, patience: deadline / 2 }),
    async close() {
      skew.stop();
      await passwords.close();
    },
  };
}

async function openAccessTokens(options: AuthOptions, clock: Clock): Promise<AccessTokens> {
  const { issuer = 'rescind', audience = 'rescind', accessTokenTtl = 15 * MINUTE } = options;
  const { rememberedTokenBytes } = options;
  const keys = await createKeyRing(options.secrets);
  return createAccessTokens({
    keys,
    issuer,
    audience,
    accessTokenTtl,
    rememberedTokenBytes,
    clock,
  });
}
