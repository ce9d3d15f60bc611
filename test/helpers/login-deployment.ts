/** Logins made of the real parts on a real database, whose steps can be watched. */
import type { ExecutionContext } from 'ava';
import type { AuthParts } from '../../lib/auth-parts.ts';
import { AuthError } from '../../lib/errors.ts';
import { silent } from '../../lib/log.ts';
import { createPasswordRules } from '../../lib/password-rules.ts';
import { createPasswords } from '../../lib/passwords.ts';
import { createAudit } from '../../lib/store/audit.ts';
import { createClockSkew } from '../../lib/store/clock-skew.ts';
import { type Collections, openCollections } from '../../lib/store/collections.ts';
import { connect } from '../../lib/store/database.ts';
import { createLoginLimits } from '../../lib/store/login-limits.ts';
import { createRevocations, type Revocations } from '../../lib/store/revocations.ts';
import { createSchema } from '../../lib/store/schema.ts';
import { createSessions } from '../../lib/store/sessions.ts';
import { createUsers } from '../../lib/store/users.ts';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { createAccessTokens } from '../../lib/tokens/access-tokens.ts';
import { createKeyRing } from '../../lib/tokens/keys.ts';
import { createRefreshTokens } from '../../lib/tokens/refresh-tokens.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { type AuthenticateDeps, authenticate } from '../../lib/use-cases/authenticate.ts';
import { type ChangePasswordDeps, changePassword } from '../../lib/use-cases/change-password.ts';
import { type LoginDeps, login } from '../../lib/use-cases/login.ts';
import { type Bound, bind } from '../helpers/bind.ts';
import { CALLER } from './auth.ts';
import { ageDeployment, migratedDatabase } from './database.ts';
import { type Watch, watched } from './login-steps.ts';

/** One database and three servers on it. A broken variant is an arena with one thing exchanged. */
export interface Arena {
  readonly collections: Collections;
  /** Where users log in. */
  readonly parts: Pick<AuthParts, keyof LoginDeps>;
  readonly makeLogin: (watch: Watch) => Bound<typeof login>;
  /** Where revocations are asked for. */
  readonly revocations: Revocations;
  /** Where passwords are changed: the same server. */
  readonly changeParts: ChangePasswordDeps;
  readonly makeChange: (parts: ChangePasswordDeps) => Bound<typeof changePassword>;
  /** Where tokens are checked. */
  readonly checkParts: AuthenticateDeps;
  readonly authenticate: Bound<typeof authenticate>;
}

const UNLIMITED = { points: 1_000_000, duration: HOUR };

/** An arena on a database of the test's own; all of it ends with the test. */
export async function openArena(t: ExecutionContext): Promise<Arena> {
  const { uri, db, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const secret = generateSecret();
  const keys = await createKeyRing([secret]);
  const accessTokens = createAccessTokens({
    keys,
    issuer: 'rescind',
    audience: 'rescind',
    accessTokenTtl: 15 * MINUTE,
    clock: Date.now,
  });
  // The threads give way to everything else: on a busy machine they take their time.
  const passwords = createPasswords({ bcryptCost: 10, bcryptThreads: 2, patience: 2 * MINUTE });
  t.teardown(() => passwords.close());
  const skew = createClockSkew(db, Date.now);
  t.teardown(() => skew.stop());
  const parts: Pick<AuthParts, keyof LoginDeps> = {
    accessTokens,
    passwords,
    skew,
    users: createUsers(collections),
    sessions: createSessions(collections),
    revocations: createRevocations(collections, createSchema(collections)),
    loginLimits: createLoginLimits(
      collections,
      { perAccount: UNLIMITED, perAddress: UNLIMITED, anywhere: UNLIMITED },
      5 * MINUTE,
    ),
    audit: createAudit(collections, { log: silent }),
    log: silent,
    refreshTokens: await createRefreshTokens([secret]),
    lifetimes: { idleTtl: 7 * DAY, maxTtl: 30 * DAY },
    maxSessions: 100,
  };
  const checkParts = openCheck(t, uri, parts);
  const revocations = createRevocations(collections, createSchema(collections));
  return {
    collections,
    parts,
    makeLogin: (watch) => bind(login, watched(parts, watch)),
    revocations,
    changeParts: {
      ...parts,
      revocations,
      passwordRules: createPasswordRules({ serviceName: 'rescind' }),
    },
    makeChange: (deps) => bind(changePassword, deps),
    checkParts,
    authenticate: bind(authenticate, checkParts),
  };
}

/** The check of another server: it shares the keys, and nothing else. */
function openCheck(t: ExecutionContext, uri: string, parts: LoginDeps): AuthenticateDeps {
  const { db, close } = connect(uri);
  const collections = openCollections(db);
  const skew = createClockSkew(db, Date.now);
  t.teardown(async () => {
    skew.stop();
    await close();
  });
  return {
    accessTokens: parts.accessTokens,
    revocations: createRevocations(collections, createSchema(collections)),
    users: createUsers(collections),
    skew,
    lastUse: { note: () => undefined },
  };
}

/** Whether another server accepts the token at this moment. */
export async function isAccepted({ authenticate }: Arena, token: string): Promise<boolean> {
  return authenticate({ token }, CALLER).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AuthError && error.code === 'user_tokens_revoked') return false;
      throw error;
    },
  );
}
