/** What clients asked for and what they were told, all by one clock: `performance.now()` of the process that plays them. */

export type Kind = 'login' | 'me' | 'logout' | 'refresh' | 'revoke_all';

export interface Answer {
  readonly status: number;
  /** Of the problem document. */
  readonly code?: string | undefined;
  /** The session that the answer speaks of: whose token it was, or whose tokens it gives. */
  readonly session?: string | undefined;
}

export interface Asked {
  readonly kind: Kind;
  readonly client: string;
  readonly server: string;
  readonly user: string;
  /** Whose token was presented; a login presents none. */
  readonly session?: string | undefined;
  /** A name of the token that was presented, never itself. */
  readonly token?: string | undefined;
}

export interface Operation extends Asked {
  /** In milliseconds: before the request was sent, and after its answer was read or the client gave up. */
  readonly start: number;
  readonly end: number;
  /** Missing where none came. */
  readonly answer?: Answer | undefined;
}

export interface Recorder {
  /** In the order in which they ended. */
  readonly history: readonly Operation[];
  /** Carries out an operation and notes it. `ask` answers undefined where no answer came. */
  record<A extends Answer>(asked: Asked, ask: () => Promise<A | undefined>): Promise<A | undefined>;
}

/** An empty history, and the pen to write it. */
export function createRecorder(now: () => number = () => performance.now()): Recorder {
  const history: Operation[] = [];
  return {
    history,
    async record(asked, ask) {
      const start = now();
      const reply = await ask();
      const end = now();
      const answer = reply && { status: reply.status, code: reply.code, session: reply.session };
      history.push({ ...asked, start, end, answer });
      return reply;
    },
  };
}

/** Whether the server did what was asked. */
export function isAcknowledged({ answer }: Operation): boolean {
  return answer !== undefined && answer.status >= 200 && answer.status < 300;
}
