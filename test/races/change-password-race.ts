/** One race of a login and a change of the password, and what must be true of it. */
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../lib/errors.ts';
import type { User } from '../../lib/store/users.ts';
import type { login } from '../../lib/use-cases/login.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../helpers/auth.ts';
import type { Bound } from '../helpers/bind.ts';
import { type Arena, isAccepted } from '../helpers/login-deployment.ts';
import { unwatched } from '../helpers/login-steps.ts';
import { PASSWORD } from '../helpers/users.ts';
import { type Moment, type Race, race } from './barriers.ts';

/** What every password is changed to. */
export const NEW_PASSWORD = 'staple battery horse';
const NEW_HASH = hashSync(NEW_PASSWORD, 10);

type LoginRace = Race<IssuedTokens | undefined>;

export interface ChangePasswordRace extends Pick<LoginRace, 'begunAt' | 'answeredAt'> {
  /** What became of the login with the old password. */
  readonly old: 'refused' | 'revoked' | 'accepted';
  /** What became of a login with the new password, begun when the change had been answered. */
  readonly new: 'refused' | 'revoked' | 'accepted';
  /** What became of the change's own token, when all this was over. */
  readonly own: 'revoked' | 'accepted';
  /** Whether the first login saw the new hash: at its first read, at its second, or not at all. */
  readonly seen: 'first read' | 'second read' | 'never';
}

export type ChangePasswordFault =
  | 'the old password outlived its change'
  | 'the old password was refused though no read saw the new hash'
  | 'the old password was granted a token though a read saw the new hash'
  | 'the old hash was read after its change was answered'
  | 'the new hash was read before its change was asked for'
  | 'the new password was refused'
  | 'the token of the new password was dead on arrival'
  | 'the token of the change was dead on arrival';

/** Moments that make either side come first now and then: the change has a password of its own to check first. */
export const MOMENTS = ['before', 'start', 'account', 'cutoffs', 'session'] as const;

/** Races a login with a change of the user's password. */
export async function raceChangePassword(
  arena: Arena,
  user: User,
  moment: Moment,
): Promise<ChangePasswordRace> {
  const { email } = user;
  let own: IssuedTokens | undefined;
  const { result, reads, begunAt, answeredAt } = await race(
    moment,
    (watch) => granted(arena.makeLogin(watch), { email, password: PASSWORD }),
    async () => {
      own = await changePassword(arena, user);
    },
  );
  const old = await fateOf(arena, result);
  const login = arena.makeLogin(unwatched);
  const fresh = await granted(login, { email, password: NEW_PASSWORD });
  return {
    old,
    new: await fateOf(arena, fresh),
    own: (await isAccepted(arena, own?.accessToken ?? '')) ? 'accepted' : 'revoked',
    seen: whenSeen(reads),
    begunAt,
    answeredAt,
  };
}

/** The real use case, for a user whose own token was accepted; but all new hashes are one, made in advance. */
export function changePassword(
  { changeParts, makeChange }: Arena,
  user: User,
): Promise<IssuedTokens> {
  const passwords = { ...changeParts.passwords, hash: async () => NEW_HASH };
  const change = makeChange({ ...changeParts, passwords });
  const input = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  return change(input, { ...CALLER, principal: { user, sessionId: 'none' } });
}

export async function granted(
  logIn: Bound<typeof login>,
  input: { email: string; password: string },
) {
  return logIn(input, CALLER).catch((error: unknown) => {
    if (error instanceof AuthError && error.code === 'invalid_credentials') return undefined;
    throw error;
  });
}

export async function fateOf(arena: Arena, grant: IssuedTokens | undefined) {
  if (grant === undefined) return 'refused';
  return (await isAccepted(arena, grant.accessToken)) ? 'accepted' : 'revoked';
}

function whenSeen({ account, again }: LoginRace['reads']): ChangePasswordRace['seen'] {
  if (account[0]?.passwordHash === NEW_HASH) return 'first read';
  return again[0]?.account.passwordHash === NEW_HASH ? 'second read' : 'never';
}

/** What a race shows to be wrong. The hashes that the login read decide, and leave no room. */
export function faultOf(race: ChangePasswordRace): ChangePasswordFault | undefined {
  return oldFault(race) ?? orderFault(race) ?? newFault(race);
}

function oldFault({ old, seen }: ChangePasswordRace): ChangePasswordFault | undefined {
  if (old === 'accepted') return 'the old password outlived its change';
  if (old === 'refused' && seen === 'never') {
    return 'the old password was refused though no read saw the new hash';
  }
  if (old === 'revoked' && seen !== 'never') {
    return 'the old password was granted a token though a read saw the new hash';
  }
  return undefined;
}

function orderFault({
  seen,
  begunAt,
  answeredAt,
}: ChangePasswordRace): ChangePasswordFault | undefined {
  if (answeredAt === 'before' && seen !== 'first read') {
    return 'the old hash was read after its change was answered';
  }
  if (begunAt === 'answer' && seen !== 'never') {
    return 'the new hash was read before its change was asked for';
  }
  return undefined;
}

function newFault(race: ChangePasswordRace): ChangePasswordFault | undefined {
  if (race.new === 'refused') return 'the new password was refused';
  if (race.new === 'revoked') return 'the token of the new password was dead on arrival';
  if (race.own === 'revoked') return 'the token of the change was dead on arrival';
  return undefined;
}

/** Whose turn came first: the login's reads of the hash, or the change. */
export function orderOf({ seen }: ChangePasswordRace): string {
  return seen === 'never' ? 'the login came first' : 'the change came first';
}
