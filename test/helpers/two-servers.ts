/** Two servers of one deployment, as the parts that use cases need, on a database of the test's own. */
import { hashSync } from 'bcryptjs';
import type { Caller } from '../../lib/caller.ts';
import { AuthError, type AuthErrorCode } from '../../lib/errors.ts';
import type { AuthParts } from '../../lib/parts.ts';
import { HOUR } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { authenticate } from '../../lib/use-cases/authenticate.ts';
import { changePassword as changeStory } from '../../lib/use-cases/change-password.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import type { User } from '../../lib/user.ts';
import { CALLER, testParts } from './auth.ts';
import { ageDeployment, migratedDatabase, openDatabase } from './database.ts';
import type { Scope } from './scope.ts';
import { PASSWORD } from './users.ts';

export type TwoServers = Awaited<ReturnType<typeof openTwoServers>>;

const UNLIMITED = { points: 1_000_000, duration: HOUR };

/** Opens two servers that share the keys and the database, and nothing else. They end with the test. */
export async function openTwoServers(t: Scope) {
  const { uri, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const secrets = [generateSecret()];

  function openServer(): Promise<AuthParts> {
    return testParts(t, {
      db: openDatabase(t, uri, { deadline: HOUR }).db,
      secrets,
      bcryptThreads: 2,
      deadline: HOUR, // The password threads have the lowest priority on the machine.
      loginLimits: { perAccount: UNLIMITED, perAddress: UNLIMITED, anywhere: UNLIMITED },
    });
  }

  return { collections, here: await openServer(), there: await openServer() };
}

/** Returns undefined where the promise is rejected with one of these codes. */
export async function orRefused<T>(
  outcome: Promise<T>,
  ...codes: AuthErrorCode[]
): Promise<T | undefined> {
  return outcome.catch((error: unknown) => {
    if (error instanceof AuthError && codes.includes(error.code)) return undefined;
    throw error;
  });
}

/** Returns whether this server accepts the token: the other error codes are thrown. */
export async function isAccepted(parts: AuthParts, token: string): Promise<boolean> {
  const accepted = authenticate(parts, { token });
  return (await orRefused(accepted, 'token_revoked', 'user_tokens_revoked')) !== undefined;
}

/** The caller of a user whose own token was accepted. */
export function callerFor(user: User): Caller {
  return { ...CALLER, principal: { user, sessionId: 'none' } };
}

export const NEW_PASSWORD = 'staple battery horse';
export const NEW_HASH = hashSync(NEW_PASSWORD, 10);

/** Changes the user's password to NEW_PASSWORD. All new hashes are one, made in advance. */
export function changePassword(parts: AuthParts, user: User): Promise<IssuedTokens> {
  const passwords = { ...parts.passwords, hash: async () => NEW_HASH };
  const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  return changeStory({ ...parts, passwords }, input, callerFor(user));
}
