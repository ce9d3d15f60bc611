import type { Token } from './memory.ts';
import type { Leg } from './network.ts';

/** Three servers that follow, a server that does not, a command, and an operator with a shell. */
export const FOLLOWERS = ['F0', 'F1', 'F2'] as const;
export const SERVER = 'S';
export const COMMAND = 'C';

export const USERS = ['u0', 'u1', 'u2'] as const;
export const TOKENS: readonly Token[] = [
  { id: 't0', user: 'u0' },
  { id: 't1', user: 'u0' },
  { id: 't2', user: 'u1' },
  { id: 't3', user: 'u1' },
  { id: 't4', user: 'u2' },
  { id: 't5', user: 'u2' },
];

type Action =
  | { readonly do: 'start' | 'stop' | 'kill'; readonly who: string }
  | { readonly do: 'check'; readonly who: string; readonly token: string }
  | { readonly do: 'revoke'; readonly who: string; readonly keys: readonly string[] }
  | {
      readonly do: 'disable' | 'remove' | 'enable' | 'change-password' | 'login';
      readonly who: string;
      readonly user: string;
    }
  /** The shell takes a role away by a pipeline, or renames a collection with a disabled user onto `users`. */
  | { readonly do: 'demote' | 'replace-users'; readonly user: string }
  /** The shell empties or drops `revoked_tokens`, or drops `followers`. */
  | { readonly do: 'empty' | 'drop-revocations' | 'drop-followers' }
  /** SIGSTOP; SIGSTOP with a monotonic clock that stands still. */
  | { readonly do: 'pause' | 'suspend'; readonly who: string; readonly for: number }
  /** Sets the wall clock. */
  | { readonly do: 'jump'; readonly who: string; readonly by: number }
  /** Holds up all that sets out on a way, or loses it. */
  | { readonly do: 'hold' | 'lose'; readonly who: string; readonly leg: Leg; readonly for: number }
  /** Lets majority reads see nothing newer than now, unless they ask for it. */
  | { readonly do: 'stale'; readonly who: string; readonly for: number }
  | { readonly do: 'elect'; readonly rolledBack: number; readonly unknown: number }
  | {
      readonly do: 'cut';
      readonly for: number;
      readonly rolledBack: number;
      readonly unknown: number;
      /** The ways that still lead to the former primary: `F0 feed`, `S read`. */
      readonly astray: readonly string[];
    }
  /** Leads other ways to a former primary that is cut off. */
  | { readonly do: 'lead'; readonly astray: readonly string[] }
  /** Lets the oplog forget all that is committed so far. */
  | { readonly do: 'overrun' };

export type Step = Action & { readonly at: number };

export interface Schedule {
  /** The leases of the three followers. */
  readonly leases: readonly number[];
  /** The rates of the clocks of the three followers, of the server and of the command: 1 to 1.1. */
  readonly rates: readonly number[];
  /** Makes the delays, losses and stale reads, and the traffic. Without it the conditions are steady. */
  readonly seed?: number;
  readonly steps: readonly Step[];
}

/** The time in which random schedules do anything; then it is calm for so long that everything recovers. */
export const BUSY = 60;
export const CALM = 40;
