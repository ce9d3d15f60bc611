import type { CommandTap } from '../helpers/proxy/command-tap.ts';
import type { Range } from '../helpers/proxy/connection.ts';
import type { Scope } from '../helpers/scope.ts';
import type { Operation } from './history.ts';
import type { Library } from './library.ts';
import type { Server } from './requests.ts';

/** A deployment that is harmed while clients use it. */
export interface Target {
  readonly library: Library;
  readonly servers: readonly Server[];
  readonly tap: Pick<CommandTap, 'listen'>;
}

/** A way to harm a deployment and to repair it, again and again. */
export interface Fault<T extends Target = Target> {
  /** Name on the command line, in kebab-case. */
  readonly name: string;
  readonly title: string;
  /** Rounds of a full run. */
  readonly rounds: number;
  /** Milliseconds from `strike` to `heal`. */
  readonly lasts: Range;
  /** Allows requests without an answer: where a server is killed. */
  readonly mayBreakOff: boolean;
  /** Every session that was opened before it was healed is over. Default false. */
  readonly endsSessions?: boolean;
  /** Starts the deployment. Throws `NotHere`. */
  open(scope: Scope): Promise<T>;
  /** Does the harm; resolves when it is complete: a process dead, a new primary elected. Records requests of its own. */
  strike(target: T, history: Operation[]): Promise<unknown>;
  /** Repairs everything; resolves when the database and the servers run again. */
  heal(target: T, history: Operation[]): Promise<unknown>;
  /** Returns a sentence for each answer in the last round that only this fault forbids. */
  findFaults?(target: T, history: readonly Operation[]): readonly string[];
}

export const DEFAULTS = {
  rounds: 12,
  lasts: [0, 500],
  mayBreakOff: false,
} as const;

/** Thrown where this machine cannot have the fault; the message gives the reason. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}

/** Thrown where the harm could not be done or repaired: the state of the deployment is unknown. */
export class StrikeFailed extends Error {
  override readonly name = 'StrikeFailed';
}
