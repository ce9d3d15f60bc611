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
  /** When the answer must be there, on the clock of `performance.now()` (milliseconds). */
  readonly deadline?: number | undefined;
}

/** The caller's principal; TypeError where the application forgot to authenticate. */
export function principalOf({ principal }: Caller): Principal {
  if (principal === undefined) throw new TypeError('"caller.principal" is missing');
  return principal;
}
