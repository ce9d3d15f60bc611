import { type Caller, principalOf } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { AuthError } from '../errors.ts';
import type { PasswordRules } from '../password-rules.ts';
import { passwordFault } from '../passwords.ts';
import type { Audit } from '../store/audit.ts';
import type { User, Users } from '../store/users.ts';
import { createGrant, type Grant, type GrantParts } from './grant.ts';
import { createPasswordAttempt, type PasswordAttemptParts } from './password-attempt.ts';

export interface ChangePasswordParts extends GrantParts, PasswordAttemptParts {
  readonly users: Users;
  readonly passwordRules: PasswordRules;
  readonly audit: Audit;
}

export interface ChangePasswordInput {
  readonly currentPassword: string;
  readonly newPassword: string;
}

export type ChangePassword = UseCase<ChangePasswordInput, Grant>;

/**
 * Changes the password of the calling user, ends every session there is, and opens a new one. What breaks
 * off half-way is completed by the same request again; or that finds its token revoked: then the change is
 * complete, and the new password logs in. Needs `caller.principal`. AuthError `invalid_input`,
 * `wrong_password`, `too_many_logins`, `invalid_token` (disabled meanwhile), `user_tokens_revoked` (changed
 * by somebody else meanwhile), `busy`, `store_unavailable`.
 */
export function createChangePassword(parts: ChangePasswordParts): ChangePassword {
  const { revocations, passwordRules, audit, loginLimits } = parts;
  const attempt = createPasswordAttempt(parts);
  const exchange = createExchange(parts);
  const confirm = createConfirm(parts);
  const grant = createGrant(parts);

  return async function changePassword(input, caller) {
    const { user, sessionId } = principalOf(caller);
    assertValid(input, user, passwordRules);
    const { id } = user;
    const take = () => loginLimits.takeChange(sessionId);
    const outcome = await attempt(take, () => exchange(id, input));
    if ('refusal' in outcome) throw await refused(outcome.refusal, user, caller);

    const reason = 'password_changed';
    const cutoff = await revocations.revokeUser({ userId: id, reason, revokedBy: id });
    await audit.record({ action: reason, user, details: {} }, caller);
    const now = await confirm(id, outcome.hash);
    return grant({ userId: id, stamp: cutoff + 1, authTime: now }, caller);
  };

  async function refused(reason: string, user: User, caller: Caller): Promise<AuthError> {
    await audit.record({ action: 'password_change_failed', user, details: { reason } }, caller);
    return new AuthError('wrong_password', `The change of the password was refused: ${reason}`);
  }
}

const SAME = 'The new password must be another than the current one.';

function assertValid(input: ChangePasswordInput, owner: User, rules: PasswordRules): void {
  const { currentPassword, newPassword } = input;
  const isSame = currentPassword === newPassword;
  const details = {
    '/current_password': passwordFault(currentPassword),
    '/new_password': rules.faultOf(newPassword, owner) ?? (isSame ? SAME : undefined),
  };
  const faults = Object.entries(details).flatMap(([pointer, detail]) =>
    detail === undefined ? [] : [{ pointer, detail }],
  );
  if (faults.length === 0) return;
  throw new AuthError('invalid_input', 'The change of the password has invalid input', { faults });
}

/** The hash that stands now. */
interface Exchanged {
  readonly hash: string;
}

interface NotExchanged {
  readonly refusal: 'wrong_password' | 'changed';
}

type Outcome = Exchanged | NotExchanged;

/**
 * Exchanges the hash, if the current password fits the one that is replaced. Where another hash was found
 * in its place it starts over once: one that a login renewed fits still, that of another password does not.
 */
function createExchange({ users, passwords }: ChangePasswordParts) {
  return async function exchange(id: string, input: ChangePasswordInput): Promise<Outcome> {
    const first = await exchangeOnce(id, input);
    return isChanged(first) ? exchangeOnce(id, input) : first;
  };

  async function exchangeOnce(id: string, input: ChangePasswordInput): Promise<Outcome> {
    const { currentPassword, newPassword } = input;
    const { passwordHash } = enabled(await users.readAgain(id)).account;
    if (await passwords.check(currentPassword, passwordHash)) {
      const hash = await passwords.hash(newPassword);
      const isExchanged = await users.changePassword(id, passwordHash, hash);
      return isExchanged ? { hash } : { refusal: 'changed' };
    }
    // Again, after it broke off between the hash and the cutoff: go on from there.
    if (await passwords.check(newPassword, passwordHash)) return { hash: passwordHash };
    return { refusal: 'wrong_password' };
  }
}

function isChanged(outcome: Outcome): boolean {
  return 'refusal' in outcome && outcome.refusal === 'changed';
}

/**
 * Whether the account is as it was left, read after the cutoff: who changes the password or disables the
 * user later has a cutoff above the new session, who did so before is seen here. Answers the time.
 */
function createConfirm({ users }: ChangePasswordParts) {
  return async function confirm(id: string, hash: string): Promise<Date> {
    const { account, now } = enabled(await users.readAgain(id));
    if (account.passwordHash === hash) return now;
    throw new AuthError('user_tokens_revoked', 'The password was changed again meanwhile');
  };
}

type Again = NonNullable<Awaited<ReturnType<Users['readAgain']>>>;

function enabled(again: Again | undefined): Again {
  if (again !== undefined && !again.account.disabled) return again;
  throw new AuthError('invalid_token', 'The user of the token is gone or disabled');
}
