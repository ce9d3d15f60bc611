import { type Caller, toPrincipal } from '../caller.ts';
import { AuthError } from '../errors.ts';
import { type Passwords, passwordFault } from '../passwords/passwords.ts';
import type { PasswordRules } from '../passwords/rules.ts';
import type { LoginLimits } from '../store/accounts/login-limits.ts';
import type { Users } from '../store/accounts/users.ts';
import type { Audit } from '../store/records/audit.ts';
import type { User } from '../user.ts';
import { type IssuedTokens, type OpenSessionDeps, openSession } from './shared/open-session.ts';
import { type SettleDeps, settle } from './shared/settle.ts';
import { settleAttempt } from './shared/settle-attempt.ts';

export interface ChangePasswordDeps extends OpenSessionDeps, SettleDeps {
  readonly passwords: Passwords;
  readonly loginLimits: Pick<LoginLimits, 'takeChange'>;
  readonly users: Users;
  readonly passwordRules: PasswordRules;
  readonly audit: Audit;
}

export interface ChangePasswordInput {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/**
 * Changes the password of the calling user, ends every session, and opens a new one. If the change is interrupted, a
 * retry of the request completes it. If the retry is refused because its token is revoked, the change is stored, unless
 * another request has revoked the token: a login with the new password shows it. Ending all other sessions after this
 * login acknowledges that no server accepts the earlier tokens. Needs `caller.principal`. Rejects with AuthError
 * `invalid_input`, `wrong_password`, `too_many_logins`, `invalid_token` (the user was disabled meanwhile),
 * `user_tokens_revoked` (another request changed the password meanwhile), `busy`, `store_unavailable`.
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  input: ChangePasswordInput,
  caller: Caller,
): Promise<IssuedTokens> {
  const { user, sessionId } = toPrincipal(caller);
  assertValid(input, user, deps.passwordRules);
  const { id } = user;
  const outcome = await replacePassword(deps, id, sessionId, input);
  if ('refusal' in outcome) throw await recordRefusal(deps, outcome.refusal, user, caller);

  const reason = 'password_changed';
  const revoked = await deps.revocations.revokeUser({ userId: id, reason, revokedBy: id });
  const recorded = deps.audit.record({ action: reason, user, details: {} }, caller);
  await settle(deps, revoked, recorded); // before the new tokens, so that none of the old ones outlives them
  const now = await confirm(deps, id, outcome.hash);
  return openSession(deps, { userId: id, stamp: revoked.cutoff + 1, authTime: now }, caller);
}

const SAME = 'The new password must differ from the current one.';

function assertValid(input: ChangePasswordInput, owner: User, rules: PasswordRules): void {
  const { currentPassword, newPassword } = input;
  const isSame = currentPassword === newPassword;
  const details = {
    '/currentPassword': passwordFault(currentPassword),
    '/newPassword': rules.findFault(newPassword, owner) ?? (isSame ? SAME : undefined),
  };
  const faults = Object.entries(details).flatMap(([pointer, detail]) =>
    detail === undefined ? [] : [{ pointer, detail }],
  );
  if (faults.length === 0) return;
  throw new AuthError('invalid_input', 'The change of the password has invalid input', { faults });
}

/** The result of a successful change: the hash that is stored now. */
interface Replaced {
  readonly hash: string;
}

interface NotReplaced {
  readonly refusal: 'wrong_password' | 'changed';
}

/**
 * Replaces the hash if the current password matches it. Retries once if the hash changed meanwhile, since a login may
 * have renewed the hash of the same password.
 */
async function replacePassword(
  deps: ChangePasswordDeps,
  id: string,
  sessionId: string,
  input: ChangePasswordInput,
): Promise<Replaced | NotReplaced> {
  const releaseSlot = deps.passwords.reserveSlot();
  try {
    const attempt = await deps.loginLimits.takeChange(sessionId);
    return await settleAttempt(attempt, replaceHash(deps, id, input));
  } finally {
    releaseSlot();
  }
}

async function replaceHash(deps: ChangePasswordDeps, id: string, input: ChangePasswordInput) {
  const first = await replaceOnce(deps, id, input);
  const isChanged = 'refusal' in first && first.refusal === 'changed';
  return isChanged ? replaceOnce(deps, id, input) : first;
}

async function replaceOnce(
  { users, passwords }: ChangePasswordDeps,
  id: string,
  { currentPassword, newPassword }: ChangePasswordInput,
): Promise<Replaced | NotReplaced> {
  const { passwordHash } = assertEnabled(await users.readWithTime(id)).account;
  if (await passwords.check(currentPassword, passwordHash)) {
    const hash = await passwords.hash(newPassword);
    const isReplaced = await users.changePassword(id, passwordHash, hash);
    return isReplaced ? { hash } : { refusal: 'changed' };
  }
  // Completes a change that was interrupted after the hash was replaced and before the cutoff was written.
  if (await passwords.check(newPassword, passwordHash)) return { hash: passwordHash };
  return { refusal: 'wrong_password' };
}

async function recordRefusal(
  { audit }: ChangePasswordDeps,
  reason: string,
  user: User,
  caller: Caller,
): Promise<AuthError> {
  await audit.record({ action: 'password_change_failed', user, details: { reason } }, caller);
  return new AuthError('wrong_password', `The change of the password was refused: ${reason}`);
}

/**
 * Reads the account after the cutoff, and returns the time of the read. Throws if the account has changed. A change
 * after this read writes a cutoff of its own, which revokes the new session.
 */
async function confirm({ users }: ChangePasswordDeps, id: string, hash: string): Promise<Date> {
  const { account, now } = assertEnabled(await users.readWithTime(id));
  if (account.passwordHash === hash) return now;
  throw new AuthError('user_tokens_revoked', 'Another request has changed the password meanwhile');
}

type Read = NonNullable<Awaited<ReturnType<Users['readWithTime']>>>;

function assertEnabled(read: Read | undefined): Read {
  if (read !== undefined && !read.account.disabled) return read;
  throw new AuthError('invalid_token', 'The user of the token is gone or disabled');
}
