/** The steps of the use cases that race, and a way to observe each of them. */
import type { AuthParts } from '../../../lib/parts.ts';
import type { Account } from '../../../lib/store/accounts/users.ts';
import type { Cutoffs, RevocationKind } from '../../../lib/store/revocations/reads.ts';
import type { Refreshed } from '../../../lib/store/sessions/sessions.ts';
import type { User } from '../../../lib/user.ts';

/** Each step with what it reads. */
export interface Reads {
  /** Login: the account, the cutoffs, the check of the password, the account and the time, the session. */
  readonly account: Account | undefined;
  readonly cutoffs: Cutoffs;
  readonly password: boolean;
  readonly again: { account: Account; now: Date } | undefined;
  readonly session: unknown;
  /** Change of a password: either of its two writes, the hash and the cutoff. */
  readonly change: unknown;
  /** Refresh: the update of the session. Only a broken variant finds the session before. */
  readonly find: unknown;
  readonly write: Refreshed | undefined;
  /** Refresh and authenticate. */
  readonly check: RevocationKind | undefined;
  readonly user: User | undefined;
  readonly sign: unknown;
}

export type Step = keyof Reads;

/** Takes a step, and may wait before it or after it. */
export type Watch = <S extends Step>(step: S, take: () => Promise<Reads[S]>) => Promise<Reads[S]>;

export const unwatched: Watch = (_step, take) => take();

type Changes = { readonly [Name in keyof AuthParts]?: Partial<AuthParts[Name]> };

/** Replaces methods of parts. */
export function withChanges(parts: AuthParts, changes: Changes): AuthParts {
  const changed = Object.entries(changes).map(([name, methods]) => {
    const part = parts[name as keyof AuthParts] as object;
    return [name, { ...part, ...(methods as object) }];
  });
  return { ...parts, ...Object.fromEntries(changed) };
}

/** Puts each step inside `watch`. */
export function watchSteps(parts: AuthParts, watch: Watch): AuthParts {
  const { accessTokens, passwords, revocations, sessions, users } = parts;
  const observe =
    <S extends Step, Args extends unknown[], Read extends Reads[S]>(
      step: S,
      method: (...args: Args) => Promise<Read>,
    ) =>
    (...args: Args) =>
      watch(step, () => method(...args)) as Promise<Read>;
  return withChanges(parts, {
    accessTokens: { issue: observe('sign', accessTokens.issue) },
    passwords: { check: observe('password', passwords.check) },
    revocations: {
      cutoffs: observe('cutoffs', revocations.cutoffs),
      check: observe('check', revocations.check),
      revokeUser: observe('change', revocations.revokeUser),
    },
    sessions: {
      insert: observe('session', sessions.insert),
      refresh: observe('write', sessions.refresh),
    },
    users: {
      findAccount: observe('account', users.findAccount),
      readWithTime: observe('again', users.readWithTime),
      find: observe('user', users.find),
      changePassword: observe('change', users.changePassword),
    },
  });
}
