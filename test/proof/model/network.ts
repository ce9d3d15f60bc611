import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * The ways on which something takes time: to a free connection, of a command to the database and of its reply, of the
 * answer to a read, of the opening of a feed and its batches, a turn of the event loop, and the way of an entry to a
 * majority (of no process: `*`).
 */
export type Leg =
  | 'pool'
  | 'command'
  | 'reply'
  | 'answer'
  | 'open'
  | 'events'
  | 'turn'
  | 'replication';

/** The delays of undisturbed ways, losses, and how far back majority reads go. */
export interface Conditions {
  delay(leg: Leg): number;
  isLost(): boolean;
  /** Returns the clusterTime of a snapshot: any from the oldest allowed to the newest there is. */
  snapshot(oldest: number, newest: number): number;
}

/** Conditions of a schedule written by hand: every way takes the same time, and nothing is lost or stale. */
export const STEADY: Conditions = {
  delay: (leg) => (leg === 'turn' ? 0.01 : 0.05),
  isLost: () => false,
  snapshot: (_oldest, newest) => newest,
};

/** Conditions by chance until a moment, and steady ones after it. A lease is some 5 to 9 units of time. */
export function createRandomConditions(
  chance: Chance,
  time: VirtualTime,
  until: number,
): Conditions {
  const longest = {
    pool: 3,
    command: 5,
    reply: 5,
    answer: 5,
    open: 4,
    events: 4,
    turn: 0.5,
    replication: 4,
  };
  const isCalm = () => time.now >= until;
  return {
    delay: (leg) =>
      isCalm()
        ? STEADY.delay(leg)
        : longest[leg] * chance.fraction() * (chance.happens(0.05) ? 1 : 0.04),
    isLost: () => !isCalm() && chance.happens(0.02),
    snapshot: (oldest, newest) =>
      isCalm() || chance.happens(0.5)
        ? newest
        : Math.floor(chance.between(Math.max(oldest, newest - 40), newest + 1)),
  };
}

interface Disturbance {
  readonly process: string;
  readonly leg: Leg | 'snapshot';
  readonly until: number;
  readonly isLost: boolean;
  /** The oldest snapshot that a stale read may see. */
  readonly oldest?: number;
}

/** The ways between the processes and the database, with what a schedule holds up or loses on them. */
export class Network {
  readonly #time: VirtualTime;
  readonly #conditions: Conditions;
  #disturbances: Disturbance[] = [];

  constructor(time: VirtualTime, conditions: Conditions) {
    this.#time = time;
    this.#conditions = conditions;
  }

  disturb(disturbance: Disturbance): void {
    this.#disturbances.push(disturbance);
    this.#time.at(disturbance.until, () => {
      this.#disturbances = this.#disturbances.filter((each) => each !== disturbance);
    });
  }

  delay(process: string, leg: Leg): number {
    const held = this.#find(process, leg, false);
    const delay = this.#conditions.delay(leg);
    return held === undefined ? delay : held.until - this.#time.now + delay;
  }

  isLost(process: string, leg: 'command' | 'reply' | 'answer'): boolean {
    return this.#find(process, leg, true) !== undefined || this.#conditions.isLost();
  }

  snapshot(process: string, oldest: number, newest: number): number {
    const stale = this.#find(process, 'snapshot', false);
    if (stale?.oldest !== undefined) return Math.min(newest, Math.max(oldest, stale.oldest));
    return this.#conditions.snapshot(oldest, newest);
  }

  #find(process: string, leg: Disturbance['leg'], isLost: boolean): Disturbance | undefined {
    if (this.#disturbances.length === 0) return undefined;
    return this.#disturbances.find(
      (each) =>
        each.leg === leg &&
        each.isLost === isLost &&
        (each.process === process || each.process === '*'),
    );
  }
}
