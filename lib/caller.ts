import type { User } from './store/users.ts';

/** Who a valid token speaks for: the user as loaded for this request, and the session the token belongs to. */
export interface Principal {
  readonly user: User;
  readonly sessionId: string;
}

/** Who asks. Every use case takes one beside its input. */
export interface Caller {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
  /** Set once the caller's token has been accepted. */
  readonly principal?: Principal | undefined;
  /** Who acts where no principal does: the name of a command, or the id of a client. */
  readonly actor?: string | undefined;
  /** When the answer must be there, on the clock of `performance.now()` (milliseconds). */
  readonly deadline?: number | undefined;
}

/** The caller's principal; TypeError where the application forgot to authenticate. */
export function principalOf({ principal }: Caller): Principal {
  if (principal === undefined) throw new TypeError('"caller.principal" is missing');
  return principal;
}

/** Whom revocations and the audit trail name: the principal, else the actor; TypeError where there is neither. */
export function actorOf({ principal, actor }: Caller): string {
  const id = principal?.user.id ?? actor;
  if (id === undefined) throw new TypeError('"caller" has neither a principal nor an actor');
  return id;
}
