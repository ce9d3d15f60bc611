/** The steps of a login, and a way to stand around each of them. */
import type { Cutoffs } from '../../lib/store/revocation-reads.ts';
import type { Account } from '../../lib/store/users.ts';
import type { LoginDeps } from '../../lib/use-cases/login.ts';

/** The steps of a login that a race is about, each with what it reads. */
export interface Reads {
  readonly account: Account | undefined;
  readonly cutoffs: Cutoffs;
  readonly password: boolean;
  readonly again: { account: Account; now: Date } | undefined;
  readonly session: undefined;
}

/** Stands around each step of one login, or of what else has steps: takes it, and may wait before or after. */
export type Watch<R = Reads> = <S extends keyof R>(
  step: S,
  take: () => Promise<R[S]>,
) => Promise<R[S]>;

/** Looks on, and does nothing. */
export const unwatched = <T>(_step: unknown, take: () => Promise<T>): Promise<T> => take();

/** The same parts, doing the same, with each step inside `watch`. */
export function watched(parts: LoginDeps, watch: Watch): LoginDeps {
  const { users, revocations, passwords, sessions } = parts;
  return {
    ...parts,
    users: {
      ...users,
      findAccount: (email) => watch('account', () => users.findAccount(email)),
      readAgain: (id) => watch('again', () => users.readAgain(id)),
    },
    revocations: {
      ...revocations,
      cutoffs: (userId) => watch('cutoffs', () => revocations.cutoffs(userId)),
    },
    passwords: {
      ...passwords,
      check: (password, hash) => watch('password', () => passwords.check(password, hash)),
    },
    sessions: {
      ...sessions,
      async insert(session) {
        await watch('session', async () => void (await sessions.insert(session)));
      },
    },
  };
}
