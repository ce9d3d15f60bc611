/** Requests of clients and the answers they got, on one clock: `performance.now()` of the process that sends them. */

/** `revoke_everyone` is no request, but what an operator does after a restore. */
export type Kind =
  | 'login'
  | 'me'
  | 'logout'
  | 'refresh'
  | 'revoke_all'
  | 'change_password'
  | 'revoke_everyone';

export interface Answer {
  readonly status: number;
  /** Code of the problem document. */
  readonly code?: string | undefined;
  /** Session named by the answer: its owner's token was presented, or its tokens are returned. */
  readonly session?: string | undefined;
}

export interface Operation {
  readonly kind: Kind;
  readonly client: string;
  readonly server: string;
  readonly user: string;
  /** Session of the presented token; a login presents none. */
  readonly session?: string | undefined;
  /** Name of the presented token, never the token itself. */
  readonly token?: string | undefined;
  /** Name of the password of a login, or of the one that a change replaces. */
  readonly password?: string | undefined;
  /** Milliseconds: before the request was sent, and after its answer was read or the client gave up. */
  readonly start: number;
  readonly end: number;
  /** Missing where no answer came. */
  readonly answer?: Answer | undefined;
}

export function isAcknowledged({ answer }: Operation): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}
