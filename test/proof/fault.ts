import type { Scope } from '../helpers/scope.ts';
import type { Operation } from './history.ts';
import type { Library } from './library.ts';
import type { Server } from './requests.ts';

/** One way in which a deployment is harmed while clients use it. */
export interface Fault {
  /** In kebab-case, as it is asked for on the command line. */
  readonly name: string;
  readonly title: string;
  /** How often it is struck in a full run. */
  readonly rounds: number;
  /** Milliseconds for which an acknowledged revocation may go unseen; 0 wherever no primary is frozen or cut off. */
  readonly allowance: number;
  /** Whether requests may end without an answer: where a server is killed. */
  readonly mayBreakOff?: boolean;
  /** Starts what is to be harmed; it ends with its owner. Throws NotHere. */
  open(owner: Scope): Promise<Target>;
}

/** What clients use, and the hand that harms it. */
export interface Target {
  readonly library: Library;
  readonly servers: readonly Server[];
  /** Does the harm and undoes it, again and again. */
  strike(): Promise<void>;
  /** What else must not have been in the round that is over, one sentence each. */
  readonly findings?: (history: readonly Operation[]) => readonly string[];
}

/** The fault cannot be had on this machine; the message says why. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}

/** How a fault is played. */
export interface Manner {
  readonly name: string;
  /** Default 30. */
  readonly rounds?: number;
  /** For how many milliseconds the harm stays at its full. */
  readonly lasts: readonly [least: number, most: number];
  readonly mayBreakOff?: boolean;
}

/** The one of this name. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no fault "${name}"`);
  return found;
}

/** Any time between the two. */
export function spell([least, most]: Manner['lasts']): number {
  return least + Math.random() * (most - least);
}
