import { type Auth, createAuth } from '../../lib/auth.ts';
import type { Caller } from '../../lib/caller.ts';
import type { AuthOptions } from '../../lib/options.ts';
import { type AuthParts, closeParts, openParts } from '../../lib/parts.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { type IssuedTokens, openSession } from '../../lib/use-cases/shared/open-session.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migratedDatabase } from './database.ts';
import type { Scope } from './scope.ts';

export const CALLER: Caller = { ip: '192.0.2.1', userAgent: 'test', requestId: 'request-1' };

/**
 * The lowest bcrypt cost, and time enough on a machine that is busy with other tests. It does not follow, whatever the
 * default is: tests of following ask for it.
 */
export const PATIENT = { bcryptCost: 10, deadline: MINUTE, follow: 'off' } as const;

/** Opens the library on a migrated database of the test's own, at the lowest bcrypt cost. */
export async function testAuth(t: Scope, options: Partial<AuthOptions> = {}) {
  const database = await migratedDatabase(t);
  const secret = generateSecret();
  const auth = await createAuth({ db: database.db, secrets: [secret], ...PATIENT, ...options });
  t.teardown(() => auth.close());
  return { ...database, auth, secret };
}

/** Opens the parts of a server, at the lowest bcrypt cost; they end with the test. */
export async function testParts(t: Scope, options: AuthOptions): Promise<AuthParts> {
  const parts = await openParts({ ...PATIENT, ...options });
  t.teardown(() => closeParts(parts));
  await waitFor('A deployment that was inspected', () => parts.strictReads.deployment());
  return parts;
}

/** Opens a session as a login does, without the time that a password takes. */
export async function grantSession(parts: AuthParts, userId: string): Promise<IssuedTokens> {
  const { user, deployment } = await parts.revocations.cutoffs(userId);
  const now = Date.now();
  const stamp = Math.max(now, user + 1, deployment + 1);
  return openSession(parts, { userId, stamp, authTime: new Date(now) }, CALLER);
}

/** Lists every use case of an auth, as a caller without types sees them. */
export function listUseCases({ sessions, admin, ...auth }: Auth) {
  return [
    auth.login,
    auth.authenticate,
    auth.refresh,
    auth.changePassword,
    auth.logout,
    auth.revokeAllTokens,
    auth.introspect,
    auth.revokeToken,
    ...[sessions.list, sessions.end, sessions.endOthers],
    ...Object.values(admin),
  ] as ((input: unknown, caller: unknown) => Promise<unknown>)[];
}
