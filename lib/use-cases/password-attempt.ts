import type { Passwords } from '../passwords.ts';
import type { LoginLimits } from '../store/login-limits.ts';

export interface PasswordAttemptParts {
  readonly passwords: Passwords;
  readonly loginLimits: LoginLimits;
}

/** Whose password is looked at, and for whom. */
interface Account {
  readonly email: string;
  readonly ip: string;
}

/**
 * Makes what stands around everything that looks at a password: there has to be room for it, and it counts
 * as a failure of the account and the address, unless its outcome has no `refusal`, or it ends in an error.
 */
export function createPasswordAttempt({ passwords, loginLimits }: PasswordAttemptParts) {
  async function counted<Outcome extends object>(
    { email, ip }: Account,
    look: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const taken = await loginLimits.take(email, ip);
    try {
      const outcome = await look();
      if (!('refusal' in outcome)) await taken.succeeded();
      return outcome;
    } catch (error) {
      await taken.withdraw().catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
  }

  return async function attempt<Outcome extends object>(
    account: Account,
    look: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const leave = passwords.takePlace(); // so that a storm of logins does not become one of the database
    try {
      return await counted(account, look);
    } finally {
      leave();
    }
  };
}
