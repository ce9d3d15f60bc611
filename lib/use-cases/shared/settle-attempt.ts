import type { LoginAttempt } from '../../store/accounts/login-limits.ts';

/**
 * Settles a counted attempt once its password was checked: it stays counted where the outcome is a refusal,
 * and is refunded on success or on an error.
 */
export async function settleAttempt<Outcome extends object>(
  attempt: LoginAttempt,
  checked: Promise<Outcome>,
): Promise<Outcome> {
  try {
    const outcome = await checked;
    await ('refusal' in outcome ? attempt.failed() : attempt.succeeded());
    return outcome;
  } catch (error) {
    await attempt.withdraw().catch(() => undefined); // The first error is the one to report.
    throw error;
  }
}
