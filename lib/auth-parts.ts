import { type AuthOptions, sessionRules } from './auth-options.ts';
import { checkOptions } from './check-options.ts';
import { type Log, silent } from './log.ts';
import { createPasswordRules } from './password-rules.ts';
import { checkPasswordOptions, createPasswords } from './passwords.ts';
import { loggedWithoutData } from './plain-log.ts';
import { createAudit } from './store/audit.ts';
import { createAuditTrail } from './store/audit-trail.ts';
import { createClients } from './store/clients.ts';
import { createClockSkew } from './store/clock-skew.ts';
import { type Collections, openCollections } from './store/collections.ts';
import { countRevocations } from './store/counted-revocations.ts';
import { createDailyCounts } from './store/daily-counts.ts';
import { assertUsable } from './store/database.ts';
import { createHealthChecks } from './store/health-checks.ts';
import { createLastUse } from './store/last-use.ts';
import { createLoginLimits } from './store/login-limits.ts';
import { checkProofOptions, createPrimaryProof, type PrimaryProof } from './store/primary-proof.ts';
import { createProofLog, createTopologyLog } from './store/proof-log.ts';
import { createCountEntries } from './store/revocation-counts.ts';
import { createRevocations } from './store/revocations.ts';
import { createSchema } from './store/schema.ts';
import { createSessions } from './store/sessions.ts';
import { createUsers } from './store/users.ts';
import { MINUTE, SECOND } from './time.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { createKeyRing } from './tokens/keys.ts';
import { createRefreshTokens } from './tokens/refresh-tokens.ts';

/** What the use cases are made of. */
export type AuthParts = Awaited<ReturnType<typeof openParts>>;

/** The share of the deadline that a password may take; the rest is for the database. */
const PASSWORD_SHARE = 0.7;

/** In deadlines: the time after which a login that a crash left under way is not counted any more. */
const ATTEMPT_HELD = 2;

/**
 * Makes every part from the options. TypeError that names the option at fault: all of them are checked
 * before the first timer, thread or listener is there.
 */
export async function openParts(options: AuthOptions) {
  checkOptions(options);
  assertUsable(options.db);
  const passive = await openPassive(options);
  return { ...passive, ...openActive(options, passive) };
}

type Passive = Awaited<ReturnType<typeof openPassive>>;

/** Those that hold nothing which has to be closed. */
async function openPassive(options: AuthOptions) {
  const { db, deadline = 5 * SECOND } = options;
  const log = loggedWithoutData(options.log ?? silent);
  const { passwordMinLength, issuer = 'rescind' } = options;
  const { bcryptCost = 12, bcryptThreads = 1 } = options;
  const patience = deadline * PASSWORD_SHARE;
  const collections = openCollections(db);
  const passwordOptions = { bcryptCost, bcryptThreads, patience };
  checkPasswordOptions(passwordOptions);
  checkProofOptions(options);
  return {
    ...sessionRules(options),
    ...(await openTokens(options)),
    deadline,
    log,
    collections,
    passwordOptions,
    schema: createSchema(collections),
    passwordRules: createPasswordRules({ passwordMinLength, serviceName: issuer }),
    countEntries: createCountEntries(collections),
    loginLimits: createLoginLimits(collections, options.loginLimits, ATTEMPT_HELD * deadline),
    audit: createAudit(collections, { log }),
    healthChecks: createHealthChecks(collections),
    auditTrail: createAuditTrail(collections),
  };
}

/** Those that have threads, timers and listeners, and what stands on them. None of them throws. */
function openActive(options: AuthOptions, { collections, log, schema, passwordOptions }: Passive) {
  const { db, clock = Date.now } = options;
  const dailyCounts = createDailyCounts(collections, { clock });
  const primary = openPrimaryProof(options, collections, log);
  const revocations = createRevocations(collections, schema, clock, primary);
  return {
    dailyCounts,
    primary,
    passwords: createPasswords(passwordOptions),
    users: createUsers(collections, primary),
    clients: createClients(collections, MINUTE, primary),
    sessions: createSessions(collections, primary),
    lastUse: createLastUse(collections),
    revocations: countRevocations(revocations, dailyCounts),
    skew: createClockSkew(db, clock),
  };
}

/** Ends their threads and timers. */
export async function closeParts(parts: AuthParts): Promise<void> {
  const { skew, primary, lastUse, dailyCounts, passwords } = parts;
  skew.stop();
  primary.stop();
  await Promise.all([lastUse.stop(), dailyCounts.stop()]);
  await passwords.close();
}

function openPrimaryProof(options: AuthOptions, collections: Collections, log: Log): PrimaryProof {
  const { onPrimaryProof } = options;
  const tell = createProofLog(log);
  return createPrimaryProof(options.db, collections, {
    ...options,
    onPrimaryProof(attempt) {
      tell(attempt);
      onPrimaryProof?.(attempt);
    },
    onTopology: createTopologyLog(log),
  });
}

async function openTokens(options: AuthOptions) {
  const { issuer = 'rescind', audience = 'rescind', accessTokenTtl = 15 * MINUTE } = options;
  const { secrets, rememberedTokenBytes, clock = Date.now } = options;
  const keys = await createKeyRing(secrets, options);
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
