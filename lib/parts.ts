import { LRUCache } from 'lru-cache';
import { checkOptions } from './check-options.ts';
import { silent } from './log.ts';
import {
  type AuthOptions,
  type ResolvedOptions,
  resolveOptions,
  sessionRules,
  shortestLease,
} from './options.ts';
import { checkPasswordOptions, createPasswords } from './passwords/passwords.ts';
import { createPasswordRules } from './passwords/rules.ts';
import { loggedWithoutData } from './plain-log.ts';
import { createClients } from './store/accounts/clients.ts';
import { createLoginLimits } from './store/accounts/login-limits.ts';
import { createUsers } from './store/accounts/users.ts';
import { createFollowerLog } from './store/followers/follower-log.ts';
import { openFollowers } from './store/followers/followers.ts';
import { createHealthChecks } from './store/migrations/health-checks.ts';
import { createClockSkew } from './store/mongo/clock-skew.ts';
import { openCollections } from './store/mongo/collections.ts';
import { assertUsable } from './store/mongo/database.ts';
import { createDeploymentLog } from './store/mongo/deployment.ts';
import { createSchema } from './store/mongo/schema-document.ts';
import { createStrictReads } from './store/mongo/strict-reads.ts';
import { createAudit } from './store/records/audit.ts';
import { createAuditTrail } from './store/records/audit-trail.ts';
import { createDailyCounters } from './store/records/daily-counters.ts';
import { countRevocations } from './store/revocations/count-revocations.ts';
import { createCountEntries } from './store/revocations/counts.ts';
import { createRevocations } from './store/revocations/revocations.ts';
import { createLastUse } from './store/sessions/last-use.ts';
import { createSessions } from './store/sessions/sessions.ts';
import { createAccessTokens } from './tokens/access/access-tokens.ts';
import { createKeyRing } from './tokens/keys/key-ring.ts';
import { createRefreshTokens } from './tokens/refresh/refresh-tokens.ts';
import type { KnownClient } from './use-cases/shared/known-client.ts';

/** The dependencies of the use cases. */
export type AuthParts = Awaited<ReturnType<typeof openParts>>;

/** The share of the deadline that a password check may take. The rest of the deadline is for the database. */
const PASSWORD_SHARE = 0.7;

/** The multiple of the deadline after which a login without an outcome no longer counts as in flight. */
const ATTEMPT_HELD = 2;

/** The most clients that a server remembers while it follows. */
const MOST_KNOWN_CLIENTS = 1_000;

/**
 * Creates every part from the options. Throws a TypeError that names an invalid option, before it creates a timer, a
 * thread or a listener.
 */
export async function openParts(given: AuthOptions) {
  checkOptions(given);
  assertUsable(given.db);
  const options = resolveOptions(given);
  const passive = await openPassive(options);
  return { ...passive, ...openActive(options, passive) };
}

type Passive = Awaited<ReturnType<typeof openPassive>>;

/** Creates the parts that need no closing. */
async function openPassive(options: ResolvedOptions) {
  const { db, deadline, passwordMinLength, bcryptCost, bcryptThreads, issuer } = options;
  const log = loggedWithoutData(options.log ?? silent);
  const collections = openCollections(db);
  const passwordOptions = { bcryptCost, bcryptThreads, timeout: deadline * PASSWORD_SHARE };
  checkPasswordOptions(passwordOptions);
  return {
    ...sessionRules(options),
    ...(await openTokens(options)),
    deadline,
    lease: shortestLease(options),
    log,
    collections,
    passwordOptions,
    passwordRules: createPasswordRules({ passwordMinLength, serviceName: issuer }),
    countEntries: createCountEntries(collections),
    loginLimits: createLoginLimits(collections, options.loginLimits, ATTEMPT_HELD * deadline),
    audit: createAudit(collections, { log }),
    healthChecks: createHealthChecks(collections),
    auditTrail: createAuditTrail(collections),
  };
}

/** Creates the parts with threads, timers or listeners, and their dependents. Must not throw, or threads would leak. */
function openActive(options: ResolvedOptions, passive: Passive) {
  const { db, clock } = options;
  const { collections, log, passwordOptions } = passive;
  const dailyCounters = createDailyCounters(collections, { clock });
  const strictReads = createStrictReads(db, { onDeployment: createDeploymentLog(log) });
  const schema = createSchema(collections, strictReads);
  const followers = openOwnFollowers(options, passive);
  const revocations = createRevocations(collections, schema, clock, strictReads, followers);
  return {
    dailyCounters,
    strictReads,
    followers,
    schema,
    passwords: createPasswords(passwordOptions),
    users: createUsers(collections, strictReads, followers),
    clients: createClients(collections, strictReads, followers),
    sessions: createSessions(collections, strictReads),
    knownClients: new LRUCache<string, KnownClient>({ max: MOST_KNOWN_CLIENTS }),
    lastUse: createLastUse(collections),
    revocations: countRevocations(revocations, dailyCounters),
    skew: createClockSkew(db, clock),
  };
}

/** Ends the threads and timers of the parts. */
export async function closeParts(parts: AuthParts): Promise<void> {
  const { skew, strictReads, followers, lastUse, dailyCounters, passwords } = parts;
  skew.stop();
  strictReads.stop();
  await Promise.all([followers.close(), lastUse.stop(), dailyCounters.stop()]);
  await passwords.close();
}

function openOwnFollowers(options: ResolvedOptions, { collections, log, lease }: Passive) {
  const { db, follow, deadline, onFollower } = options;
  const logEvent = createFollowerLog(log);
  const followers = openFollowers(db, collections, {
    follow,
    lease,
    deadline,
    onEvent(event) {
      logEvent(event);
      try {
        onFollower?.(event);
      } catch (err) {
        log.error({ err }, 'onFollower threw an error'); // it must not end the follower
      }
    },
  });
  const { unfitLease } = followers;
  if (unfitLease !== undefined) log.warn({ lease: unfitLease, deadline }, UNFIT_LEASE);
  return followers;
}

const UNFIT_LEASE =
  'Another createAuth of this process, on the same client and database, has chosen a lease that is too long for this "deadline", so a revocation here may fail. Give both the same "deadline" and "followerLease"';

async function openTokens(options: ResolvedOptions) {
  const { secrets, privateKey, publicKeys, issuer, audience } = options;
  const { accessTokenTtl, rememberedTokenBytes, clock } = options;
  const keys = await createKeyRing(secrets, { privateKey, publicKeys });
  return {
    keys,
    accessTokens: createAccessTokens({
      keys,
      issuer,
      audience,
      accessTokenTtl,
      rememberedTokenBytes,
      clock,
    }),
    refreshTokens: await createRefreshTokens(secrets, { issuer, audience }),
  };
}
