import type { Passwords } from '../passwords.ts';
import type { LoginAttempt, LoginLimits } from '../store/login-limits.ts';

export interface PasswordAttemptParts {
  readonly passwords: Passwords;
  readonly loginLimits: LoginLimits;
}

/**
 * Makes the frame around a look at a password: it needs a place in the queue of passwords, and is counted by the
 * login limits. The count is given back where the outcome has no `refusal`, and where it ends in an error.
 */
export function createPasswordAttempt({ passwords }: Pick<PasswordAttemptParts, 'passwords'>) {
  async function counted<Outcome extends object>(
    take: () => Promise<LoginAttempt>,
    look: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const taken = await take();
    try {
      const outcome = await look();
      await ('refusal' in outcome ? taken.failed() : taken.succeeded());
      return outcome;
    } catch (error) {
      await taken.withdraw().catch(() => undefined); // The first error is the one to tell.
      throw error;
    }
  }

  return async function attempt<Outcome extends object>(
    take: () => Promise<LoginAttempt>,
    look: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const leave = passwords.takePlace(); // so that a storm of logins does not become one of the database
    try {
      return await counted(take, look);
    } finally {
      leave();
    }
  };
}
