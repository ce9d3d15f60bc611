import type { ChangeStream } from './change-stream.ts';
import type { Log } from './log.ts';

interface Waiter {
  readonly time: number;
  readonly action: () => void;
  readonly failed: () => void;
}

/** A member that is primary, or believes it is. It knows up to which entry a majority has what it has. */
export class Node {
  readonly log: Log;
  readonly streams = new Set<ChangeStream>();
  known: number;
  #waiters: Waiter[] = [];

  constructor(log: Log, known: number) {
    this.log = log;
    this.known = known;
  }

  /** Runs an action once a majority is known to have the entry of this time. */
  whenKnown(time: number, action: () => void, failed: () => void): void {
    if (time <= this.known) action();
    else this.#waiters.push({ time, action, failed });
  }

  advance(known: number): void {
    if (known <= this.known) return;
    this.known = known;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ time }) => time > known);
    for (const { time, action } of waiters) if (time <= known) action();
    for (const stream of this.streams) stream.pump();
  }

  /** Breaks the connections, as a member does that steps down. */
  breakConnections(): void {
    for (const { failed } of this.#waiters.splice(0)) failed();
    for (const stream of this.streams) stream.break();
  }
}
