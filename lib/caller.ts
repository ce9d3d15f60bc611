import type { User } from './user.ts';

/** The user of a valid token, as loaded for this request, and the session of the token. */
export interface Principal {
  readonly user: User;
  readonly sessionId: string;
}

/** The origin of a call. Every use case takes it as its second argument. */
export interface Caller {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
  /** The result of `authenticate`; undefined if the call is not authenticated. */
  readonly principal?: Principal | undefined;
  /** The actor in the audit trail if there is no principal: the name of a command, or the id of a client. */
  readonly actor?: string | undefined;
  /** The time by which the call must return, in milliseconds on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
}

/** Returns the caller's principal. Throws a TypeError if the application did not authenticate the call. */
export function toPrincipal({ principal }: Caller): Principal {
  if (principal === undefined) throw new TypeError('"caller.principal" is missing');
  return principal;
}

/** Returns the id of the principal's user, or `actor` without a principal. Throws a TypeError if both are missing. */
export function toActor({ principal, actor }: Caller): string {
  const id = principal?.user.id ?? actor;
  if (id === undefined) throw new TypeError('"caller" has neither a principal nor an actor');
  return id;
}
