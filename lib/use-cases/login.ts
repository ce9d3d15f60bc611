import type { Caller } from '../caller.ts';
import { AuthError, type InputFault, MalformedDocument } from '../errors.ts';
import type { Log } from '../log.ts';
import { normalizeEmail } from '../passwords/email.ts';
import { type Passwords, passwordFault } from '../passwords/passwords.ts';
import type { LoginLimits } from '../store/accounts/login-limits.ts';
import type { Account, Users } from '../store/accounts/users.ts';
import type { Audit } from '../store/records/audit.ts';
import type { Cutoffs } from '../store/revocations/reads.ts';
import type { Revocations } from '../store/revocations/revocations.ts';
import { type IssuedTokens, type OpenSessionDeps, openSession } from './shared/open-session.ts';
import { settleAttempt } from './shared/settle-attempt.ts';

export interface LoginDeps extends OpenSessionDeps {
  readonly passwords: Passwords;
  readonly loginLimits: Pick<LoginLimits, 'takeLogin'>;
  readonly users: Users;
  readonly revocations: Revocations;
  readonly audit: Audit;
  readonly log: Log;
}

export interface LoginInput {
  readonly email: string;
  readonly password: string;
}

/**
 * Exchanges an e-mail address and a password for a session and its tokens. Rejects with AuthError `invalid_input`,
 * `invalid_credentials`, `too_many_logins`, `busy`, `store_unavailable`.
 */
export async function login(
  deps: LoginDeps,
  input: LoginInput,
  caller: Caller,
): Promise<IssuedTokens> {
  const { email, password } = normalizeInput(input);
  const checked = await checkPassword(deps, email, password, caller);
  if ('refusal' in checked) throw await recordRefusal(deps, email, checked, caller);

  const { account, now, cutoffs } = checked;
  const opened = { userId: account.id, stamp: stampAfter(now, cutoffs), authTime: now };
  const tokens = await openSession(deps, opened, caller);
  await deps.audit.record({ action: 'user_login', user: account, details: { email } }, caller);
  void renewHash(deps, account, password); // never rejects; the login does not wait for it
  return tokens;
}

function normalizeInput({ email, password }: LoginInput): LoginInput {
  const normal = normalizeEmail(email);
  const faults: InputFault[] = [];
  if (normal === undefined) {
    faults.push({ pointer: '/email', detail: 'The e-mail address must be a valid ASCII address.' });
  }
  const fault = passwordFault(password);
  if (fault !== undefined) faults.push({ pointer: '/password', detail: fault });
  if (normal === undefined || faults.length > 0) {
    throw new AuthError('invalid_input', 'The login has invalid input', { faults });
  }
  return { email: normal, password };
}

/** The result for a right password and an account that did not change during the check. */
interface Verified {
  readonly account: Account;
  readonly cutoffs: Cutoffs;
  /** The time of the last read of the account, by the database's clock. */
  readonly now: Date;
}

interface Refusal {
  readonly account: Account | undefined;
  /** The reason that the audit trail records. The client receives the same response for every reason. */
  readonly refusal:
    | 'unknown_account'
    | 'unsound_account'
    | 'wrong_password'
    | 'unusable_hash'
    | 'disabled'
    | 'changed';
}

/** Reserves a slot in the password queue first, so that a storm of logins does not reach the database. */
async function checkPassword(
  deps: LoginDeps,
  email: string,
  password: string,
  caller: Caller,
): Promise<Verified | Refusal> {
  const releaseSlot = deps.passwords.reserveSlot();
  try {
    const attempt = await deps.loginLimits.takeLogin(email, caller.ip);
    return await settleAttempt(attempt, verify(deps, email, password));
  } finally {
    releaseSlot();
  }
}

/** Verifies the password. Verifies it once more if the account changed meanwhile. */
async function verify(
  deps: LoginDeps,
  email: string,
  password: string,
): Promise<Verified | Refusal> {
  const found = await wellFormed(deps, deps.users.findAccount(email));
  const account = found === MALFORMED ? undefined : found;
  const first = await verifyPasswordOnce(deps, account, password);
  if (found === MALFORMED) return { account, refusal: 'unsound_account' };
  if (first !== 'changed') return first;
  const again = account && (await wellFormed(deps, deps.users.readWithTime(account.id)));
  const second = await verifyPasswordOnce(
    deps,
    again === MALFORMED ? undefined : again?.account,
    password,
  );
  return second === 'changed' ? { account, refusal: second } : second;
}

/**
 * Verifies the password once. Reads the cutoffs before the check, and the account again after the check, to notice that
 * the account was disabled or its password changed meanwhile.
 */
async function verifyPasswordOnce(
  deps: LoginDeps,
  account: Account | undefined,
  password: string,
): Promise<Verified | Refusal | 'changed'> {
  const { users, revocations, passwords } = deps;
  const cutoffs = await revocations.cutoffs(account?.id);
  const fits = await passwords.check(password, account?.passwordHash);
  if (account === undefined) return { account, refusal: 'unknown_account' };
  if (!fits) return { account, refusal: mismatchReason(passwords, account) };
  if (account.disabled) return { account, refusal: 'disabled' };
  const again = await wellFormed(deps, users.readWithTime(account.id));
  if (again === undefined || again === MALFORMED) return 'changed';
  if (!hasSameCredentials(account, again.account)) return 'changed';
  return { account, cutoffs, now: again.now };
}

const MALFORMED = 'malformed';

/**
 * Returns MALFORMED for a document that bypassed its validator, and logs an error. The login goes on: the client
 * receives the same response, after the same work, as for any other account that cannot log in.
 */
async function wellFormed<T>({ log }: LoginDeps, read: Promise<T>): Promise<T | typeof MALFORMED> {
  try {
    return await read;
  } catch (err) {
    if (!(err instanceof MalformedDocument)) throw err;
    log.error({ err }, 'An account cannot log in: its document is malformed');
    return MALFORMED;
  }
}

function mismatchReason(passwords: Passwords, { passwordHash }: Account): Refusal['refusal'] {
  return passwords.isUsable(passwordHash) ? 'wrong_password' : 'unusable_hash';
}

function hasSameCredentials(before: Account, after: Account): boolean {
  return before.passwordHash === after.passwordHash && before.disabled === after.disabled;
}

/** Returns the stamp of the new session: now, or just above the cutoffs if these are later. */
function stampAfter(now: Date, cutoffs: Cutoffs): number {
  return Math.max(now.getTime(), cutoffs.user + 1, cutoffs.deployment + 1);
}

async function recordRefusal(
  { audit }: LoginDeps,
  email: string,
  { account, refusal }: Refusal,
  caller: Caller,
): Promise<AuthError> {
  const details = { email, reason: refusal };
  await audit.record({ action: 'login_failed', user: account, details }, caller);
  return new AuthError('invalid_credentials', `The login was refused: ${refusal}`);
}

/** Replaces a hash whose cost is lower than configured. Only a login can do this, because it has the password. */
async function renewHash(
  { users, passwords, log }: LoginDeps,
  { id, passwordHash }: Account,
  password: string,
): Promise<void> {
  if (!passwords.isOutdated(passwordHash)) return;
  try {
    await users.replaceHash(id, passwordHash, await passwords.hash(password));
  } catch (err) {
    log.warn({ err, user_id: id }, 'A password hash was not renewed; the next login retries it');
  }
}
