import type { Caller } from '../caller.ts';
import type { UseCase } from '../deadline.ts';
import { normalizeEmail } from '../email.ts';
import { AuthError, type InputFault, UnsoundDocument } from '../errors.ts';
import type { Log } from '../log.ts';
import { passwordFault } from '../passwords.ts';
import type { Audit } from '../store/audit.ts';
import type { ClockSkew } from '../store/clock-skew.ts';
import type { Cutoffs } from '../store/revocation-reads.ts';
import type { Revocations } from '../store/revocations.ts';
import type { Account, Users } from '../store/users.ts';
import { createGrant, type Grant, type GrantParts } from './grant.ts';
import { createPasswordAttempt, type PasswordAttemptParts } from './password-attempt.ts';

export interface LoginParts extends GrantParts, PasswordAttemptParts {
  readonly users: Users;
  readonly revocations: Revocations;
  readonly skew: ClockSkew;
  readonly audit: Audit;
  readonly log: Log;
}

export interface LoginInput {
  readonly email: string;
  readonly password: string;
}

export type Login = UseCase<LoginInput, Grant>;

/**
 * Exchanges an e-mail address and a password for a session and its token. AuthError
 * `invalid_input`, `invalid_credentials`, `too_many_logins`, `busy`, `store_unavailable`.
 */
export function createLogin(parts: LoginParts): Login {
  const { audit, loginLimits } = parts;
  const attempt = createPasswordAttempt(parts);
  const grant = createGrant(parts);
  const prove = createProve(parts);
  const renewHash = createRenewHash(parts);

  return async function login(input, caller) {
    const { email, password } = normalizeInput(input);
    const take = () => loginLimits.takeLogin(email, caller.ip);
    const proof = await attempt(take, () => prove(email, password));
    if ('refusal' in proof) throw await refused(email, proof, caller);

    const { account, now, cutoffs } = proof;
    const granted = await grant(
      { userId: account.id, stamp: stampAfter(now, cutoffs), authTime: now },
      caller,
    );
    await audit.record({ action: 'user_login', user: account, details: { email } }, caller);
    void renewHash(account, password); // never rejects; no answer waits for it
    return granted;
  };

  async function refused(email: string, { account, refusal }: Refusal, caller: Caller) {
    const details = { email, reason: refusal };
    await audit.record({ action: 'login_failed', user: account, details }, caller);
    return new AuthError('invalid_credentials', `The login was refused: ${refusal}`);
  }
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

/** Above every cutoff that was in force when the password was checked, and not before now. */
function stampAfter(now: Date, cutoffs: Cutoffs): number {
  return Math.max(now.getTime(), cutoffs.user + 1, cutoffs.deployment + 1);
}

/** The password was right, for the account as it still is. */
interface Proof {
  readonly account: Account;
  readonly cutoffs: Cutoffs;
  /** By the database's clock. */
  readonly now: Date;
}

interface Refusal {
  readonly account: Account | undefined;
  /** For the audit trail; the client learns only that the login failed. */
  readonly refusal:
    | 'unknown_account'
    | 'unsound_account'
    | 'wrong_password'
    | 'unusable_hash'
    | 'disabled'
    | 'changed';
}

/**
 * The order of these steps is the guarantee: the cutoff is read after the hash, and the hash again
 * after the cutoff, so neither a revocation nor a new password can slip in between unseen.
 */
function createProve({ users, revocations, passwords, skew, log }: LoginParts) {
  return async function prove(email: string, password: string): Promise<Proof | Refusal> {
    let isUnsound = false;
    const account = await users.findAccount(email).catch((err: unknown) => {
      isUnsound = true;
      return noneIfUnsound(err);
    });
    const first = await proveOnce(account, password);
    if (isUnsound) return { account, refusal: 'unsound_account' };
    return first === 'changed' ? startOver(account, password) : first;
  };

  /** One answer to strangers for all that cannot log in, after the same work; the log names the document. */
  function noneIfUnsound(err: unknown): undefined {
    if (!(err instanceof UnsoundDocument)) throw err;
    log.error({ err }, 'An account cannot log in');
  }

  async function startOver(account: Account | undefined, password: string) {
    const again = account && (await users.readAgain(account.id).catch(noneIfUnsound));
    const second = await proveOnce(again?.account, password);
    return second === 'changed' ? ({ account, refusal: second } as const) : second;
  }

  async function proveOnce(
    account: Account | undefined,
    password: string,
  ): Promise<Proof | Refusal | 'changed'> {
    const cutoffs = await revocations.cutoffs(account?.id);
    const fits = await passwords.check(password, account?.passwordHash);
    if (account === undefined) return { account, refusal: 'unknown_account' };
    if (!fits) return { account, refusal: whyNot(account) };
    if (account.disabled) return { account, refusal: 'disabled' };
    const again = await users.readAgain(account.id).catch(noneIfUnsound);
    if (again === undefined || !sameCredentials(account, again.account)) return 'changed';
    skew.assertNear(again.now); // a stamp from far ahead would be above the next revoke-all's cutoff
    return { account, cutoffs, now: again.now };
  }

  function whyNot({ passwordHash }: Account) {
    return passwords.isUsable(passwordHash) ? 'wrong_password' : 'unusable_hash';
  }
}

function sameCredentials(before: Account, after: Account): boolean {
  return before.passwordHash === after.passwordHash && before.disabled === after.disabled;
}

/** After a login the password is known, so this is the moment to follow a risen cost. */
function createRenewHash({ users, passwords, log }: LoginParts) {
  return async function renewHash({ id, passwordHash }: Account, password: string): Promise<void> {
    if (!passwords.isOutdated(passwordHash)) return;
    try {
      await users.replaceHash(id, passwordHash, await passwords.hash(password));
    } catch (err) {
      log.warn({ err, user_id: id }, 'A password was not hashed anew; the next login tries again');
    }
  };
}
