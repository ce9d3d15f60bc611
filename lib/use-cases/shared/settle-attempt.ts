import type { LoginAttempt } from '../../store/accounts/login-limits.ts';

/** Settles a counted attempt after the check. A refusal counts as a failure. A success or an error is refunded. */
export async function settleAttempt<Outcome extends object>(
  attempt: LoginAttempt,
  checked: Promise<Outcome>,
): Promise<Outcome> {
  try {
    const outcome = await checked;
    await ('refusal' in outcome ? attempt.failed() : attempt.succeeded());
    return outcome;
  } catch (error) {
    await attempt.withdraw().catch(() => undefined); // the first error is thrown in any case
    throw error;
  }
}
