/** Things that happen between the two writes of one change of a password. */
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../lib/errors.ts';
import type { User } from '../../lib/store/users.ts';
import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';
import type { Arena } from '../helpers/login-deployment.ts';
import { unwatched } from '../helpers/login-steps.ts';
import { PASSWORD } from '../helpers/users.ts';
import { changePassword, fateOf, granted } from './change-password-race.ts';

const SET_HASH = hashSync('an operator chose this', 10);

/** A whole login with the old password. */
export async function logInBetween(arena: Arena, user: User): Promise<string | undefined> {
  let old: IssuedTokens | undefined;
  const own = await changeAround(arena, user, async () => {
    const login = arena.makeLogin(unwatched);
    old = await granted(login, { email: user.email, password: PASSWORD });
  });
  if ((await fateOf(arena, own)) !== 'accepted')
    return 'the token of the change was dead on arrival';
  const isAlive = (await fateOf(arena, old)) === 'accepted';
  return isAlive ? 'the old password outlived its change' : undefined;
}

/** An operator sets another password, and has the answer. */
export async function setPasswordBetween(arena: Arena, user: User): Promise<string | undefined> {
  const { parts, revocations } = arena;
  const own = await changeAround(arena, user, async () => {
    await parts.users.setPassword(user.id, SET_HASH);
    await revocations.revokeUser({ userId: user.id, reason: 'password_changed', revokedBy: 'cli' });
  });
  const isAlive = (await fateOf(arena, own)) === 'accepted';
  return isAlive ? 'a change outlived that of the operator' : undefined;
}

/** The change's grant; none where it found that it was overtaken. */
async function changeAround(
  arena: Arena,
  user: User,
  happen: () => Promise<void>,
): Promise<IssuedTokens | undefined> {
  const { users, revocations } = arena.changeParts;
  let writes = 0;
  async function first<T>(write: Promise<T>): Promise<T> {
    const written = await write;
    writes++;
    if (writes === 1) await happen();
    return written;
  }
  const changeParts = {
    ...arena.changeParts,
    users: {
      ...users,
      changePassword: (...args: Parameters<typeof users.changePassword>) =>
        first(users.changePassword(...args)),
    },
    revocations: {
      ...revocations,
      revokeUser: (...args: Parameters<typeof revocations.revokeUser>) =>
        first(revocations.revokeUser(...args)),
    },
  };
  return changePassword({ ...arena, changeParts }, user).catch((error: unknown) => {
    if (error instanceof AuthError && error.code === 'user_tokens_revoked') return undefined;
    throw error;
  });
}
