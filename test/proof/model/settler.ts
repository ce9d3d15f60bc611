import type { Concern, Database } from './database.ts';
import type { Follower } from './follower.ts';
import type { FollowerDocument } from './log.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';
import type { StaleDocuments } from './stale-documents.ts';

export type SettledBy = 'followers' | 'time';

type Documents = ReadonlyMap<string, FollowerDocument>;

interface Wait {
  readonly time: number;
  readonly acknowledged: number;
  readonly done: (by: SettledBy) => void;
  /** The longest lease of any follower since the write. */
  longest: number;
}

interface SettlerParts {
  readonly process: Process;
  readonly database: Database;
  readonly rules: Rules;
  readonly staleDocuments: StaleDocuments;
  /** The follower of the same process, if it has one. */
  readonly follower: Follower | undefined;
  /** The lease that the process itself goes by. */
  readonly lease: number;
}

const POLL = 0.4;

/** Rule 7: waits until every follower has applied a write, or can no longer act without it. One loop serves all waits. */
export class Settler {
  readonly #parts: SettlerParts;
  readonly #waits = new Set<Wait>();
  #isPolling = false;

  constructor(parts: SettlerParts) {
    this.#parts = parts;
  }

  /** Begins when a write is acknowledged. Its time is the operationTime of the acknowledgement. */
  settle(time: number, done: (by: SettledBy) => void): void {
    this.#waits.add({ time, acknowledged: this.#readClock(), longest: 0, done });
    if (!this.#isPolling) this.#poll();
  }

  /** Drops all waits, like a process that is killed. */
  kill(): void {
    this.#waits.clear();
    this.#isPolling = false;
  }

  /** Reads the followers for all that wait by now. Those that come later wait for the next read. */
  #poll(): void {
    const { process, database, staleDocuments, rules } = this.#parts;
    this.#isPolling = true;
    const waits = rules.isBroken('settle-joins-a-read') ? this.#waits : new Set(this.#waits);
    database.read(
      process,
      this.#concern(Math.max(...[...waits].map(({ time }) => time))),
      ({ log, time }) => log.list('followers', time),
      (documents) => {
        if (documents === undefined) staleDocuments.readFailed();
        else {
          staleDocuments.look(documents);
          this.#judgeAll(documents, waits);
        }
        this.#isPolling = this.#waits.size > 0;
        if (this.#isPolling) process.run(POLL, () => this.#poll());
      },
    );
  }

  #judgeAll(documents: Documents, waits: ReadonlySet<Wait>): void {
    for (const wait of waits) {
      const settledBy = this.#judge(documents, wait);
      if (settledBy === undefined) continue;
      this.#waits.delete(wait);
      wait.done(settledBy);
    }
  }

  /** Ends the wait when all followers have applied the write, or when a lease and a tenth have passed. */
  #judge(documents: Documents, wait: Wait): SettledBy | undefined {
    wait.longest = this.#longestLease(documents, wait.longest);
    if (this.#haveApplied(documents, wait.time)) return 'followers';
    const waited = this.#readClock() - wait.acknowledged;
    return waited > this.#patience(wait.longest) ? 'time' : undefined;
  }

  /** The followers are read as they were after the write, so that each one is there that began before it. */
  #concern(time: number): Concern {
    const { rules } = this.#parts;
    if (rules.isBroken('followers-read-local')) return { level: 'local' };
    return { level: 'majority', after: rules.isBroken('followers-read-before-t') ? 0 : time };
  }

  /** Goes by the documents, but knows the own position better. */
  #haveApplied(documents: Documents, time: number): boolean {
    const { follower } = this.#parts;
    return [...documents].every(([id, document]) => {
      const position = id === follower?.liveId ? follower.position : document.position;
      return position >= time;
    });
  }

  #longestLease(documents: Documents, before: number): number {
    const { rules, lease } = this.#parts;
    if (rules.isBroken('settle-by-own-lease')) return lease;
    return Math.max(before, ...[...documents.values()].map((document) => document.lease));
  }

  /** The clocks of two machines may differ by a tenth over a lease. */
  #patience(longest: number): number {
    return longest * (this.#parts.rules.isBroken('settle-without-tenth') ? 1 : 1.1);
  }

  /** Reads the clock that nobody sets. */
  #readClock(): number {
    const { mono, wall } = this.#parts.process.clocks.read();
    return this.#parts.rules.isBroken('settle-by-wall') ? wall : mono;
  }
}
