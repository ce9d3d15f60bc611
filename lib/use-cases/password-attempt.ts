import type { Passwords } from '../passwords.ts';
import type { LoginLimits } from '../store/login-limits.ts';

export interface PasswordAttemptParts {
  readonly passwords: Passwords;
  readonly loginLimits: LoginLimits;
}

/**
 * Makes what stands around everything that looks at a password: there has to be room for it, and it counts
 * as a failure of the account and the address, unless its outcome has no `refusal`, or it ends in an error.
 */
export function createPasswordAttempt({ passwords, loginLimits }: PasswordAttemptParts) {
  return async function attempt<Outcome extends object>(
    { email, ip }: { readonly email: string; readonly ip: string },
    look: () => Promise<Outcome>,
  ): Promise<Outcome> {
    passwords.assertRoom(); // in a storm of logins the database is spared what would come to nothing
    const counted = await loginLimits.take(email, ip);
    try {
      const outcome = await look();
      if (!('refusal' in outcome)) await counted.succeeded();
      return outcome;
    } catch (error) {
      await counted.withdraw().catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
  };
}
