/** One race of a login and a change of the password, and what must be true of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../lib/errors.ts';
import type { User } from '../../lib/store/users.ts';
import type { Grant } from '../../lib/use-cases/grant.ts';
import type { Login } from '../../lib/use-cases/login.ts';
import { CALLER } from '../helpers/auth.ts';
import { PASSWORD, PASSWORD_HASH } from '../helpers/users.ts';
import { type Moment, type Race, race, upTo } from './barriers.ts';
import { type Arena, isAccepted } from './login-parts.ts';
import { unwatched } from './steps.ts';

/** What every password is changed to. */
export const NEW_PASSWORD = 'staple battery horse';
export const NEW_HASH = hashSync(NEW_PASSWORD, 10);

type LoginRace = Race<Grant | undefined>;

export interface ChangedHashRace extends Pick<LoginRace, 'begunAt' | 'answeredAt'> {
  /** What became of the login with the old password. */
  readonly old: 'refused' | 'revoked' | 'accepted';
  /** What became of a login with the new password, begun when the change had been answered. */
  readonly new: 'refused' | 'revoked' | 'accepted';
  /** Whether the first login saw the new hash: at its first read, at its second, or not at all. */
  readonly seen: 'first read' | 'second read' | 'never';
}

export type ChangedHashFault =
  | 'the old password outlived its change'
  | 'the old password was refused though no read saw the new hash'
  | 'the old password was granted a token though a read saw the new hash'
  | 'the old hash was read after its change was answered'
  | 'the new hash was read before its change was asked for'
  | 'the new password was refused'
  | 'the token of the new password was dead on arrival';

/** Moments that make either side come first now and then, and the two meet most of the time. */
export const MOMENTS = ['start', 'account', 'cutoffs', 'password', 'again', 'session'] as const;

/** Races a login with a change of the user's password. */
export async function raceChangedHash(
  arena: Arena,
  user: User,
  moment: Moment,
): Promise<ChangedHashRace> {
  const { email } = user;
  const { result, reads, begunAt, answeredAt } = await race(
    moment,
    (watch) => granted(arena.makeLogin(watch), { email, password: PASSWORD }),
    () => changeHash(arena, user),
  );
  const old = await fateOf(arena, result);
  const login = arena.makeLogin(unwatched);
  const fresh = await granted(login, { email, password: NEW_PASSWORD });
  const seen = whenSeen(reads);
  return { old, new: await fateOf(arena, fresh), seen, begunAt, answeredAt };
}

/** What change-password will do: exchange the hash, then revoke. */
async function changeHash({ parts, revocations }: Arena, { id }: User): Promise<void> {
  const changed = await parts.users.replaceHash(id, PASSWORD_HASH, NEW_HASH);
  if (!changed) throw new Error('The hash was not exchanged');
  await pause(upTo(5));
  await revocations.revokeUser({ userId: id, reason: 'password_changed', revokedBy: id });
}

async function granted(login: Login, input: { email: string; password: string }) {
  return login(input, CALLER).catch((error: unknown) => {
    if (error instanceof AuthError && error.code === 'invalid_credentials') return undefined;
    throw error;
  });
}

async function fateOf(arena: Arena, grant: Grant | undefined) {
  if (grant === undefined) return 'refused';
  return (await isAccepted(arena, grant.accessToken)) ? 'accepted' : 'revoked';
}

function whenSeen({ account, again }: LoginRace['reads']): ChangedHashRace['seen'] {
  if (account[0]?.passwordHash === NEW_HASH) return 'first read';
  return again[0]?.account.passwordHash === NEW_HASH ? 'second read' : 'never';
}

/** What a race shows to be wrong. The hashes that the login read decide, and leave no room. */
export function faultOf(race: ChangedHashRace): ChangedHashFault | undefined {
  return oldFault(race) ?? orderFault(race) ?? newFault(race);
}

function oldFault({ old, seen }: ChangedHashRace): ChangedHashFault | undefined {
  if (old === 'accepted') return 'the old password outlived its change';
  if (old === 'refused' && seen === 'never') {
    return 'the old password was refused though no read saw the new hash';
  }
  if (old === 'revoked' && seen !== 'never') {
    return 'the old password was granted a token though a read saw the new hash';
  }
  return undefined;
}

function orderFault({ seen, begunAt, answeredAt }: ChangedHashRace): ChangedHashFault | undefined {
  if (answeredAt === 'before' && seen !== 'first read') {
    return 'the old hash was read after its change was answered';
  }
  if (begunAt === 'answer' && seen !== 'never') {
    return 'the new hash was read before its change was asked for';
  }
  return undefined;
}

function newFault(race: ChangedHashRace): ChangedHashFault | undefined {
  if (race.new === 'refused') return 'the new password was refused';
  if (race.new === 'revoked') return 'the token of the new password was dead on arrival';
  return undefined;
}

/** Whose turn came first: the login's reads of the hash, or the change. */
export function orderOf({ seen }: ChangedHashRace): string {
  return seen === 'never' ? 'the login came first' : 'the change came first';
}
