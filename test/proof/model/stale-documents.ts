import { type Database, writeOne } from './database.ts';
import type { FollowerDocument } from './log.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';

interface Seen {
  readonly renewals: number;
  /** The time of the first read that showed this number, by the monotonic clock. */
  readonly since: number;
}

interface StaleDocumentsParts {
  readonly process: Process;
  readonly database: Database;
  readonly rules: Rules;
  /** The lease that the process itself goes by. */
  readonly lease: number;
}

const SWEEP = 1.5;

/** Rule 8: watches the documents of followers, and deletes those that are not renewed. */
export class StaleDocuments {
  readonly #parts: StaleDocumentsParts;
  #seen = new Map<string, Seen>();

  constructor(parts: StaleDocumentsParts) {
    this.#parts = parts;
  }

  /** Reads the followers again and again. */
  sweep(): void {
    const { process, database } = this.#parts;
    const again = (): void => process.run(SWEEP, () => this.sweep());
    database.read(
      process,
      { level: 'majority', after: 0 },
      ({ log, time }) => log.list('followers', time),
      (documents) => {
        if (documents === undefined) this.readFailed();
        else this.look(documents);
        again();
      },
    );
  }

  look(documents: ReadonlyMap<string, FollowerDocument>): void {
    const now = this.#parts.process.clocks.read().mono;
    const seen = new Map<string, Seen>();
    for (const [id, { renewals, lease }] of documents) {
      const before = this.#seen.get(id);
      const since = before?.renewals === renewals ? before.since : now;
      if (now - since > this.#patience(lease)) this.#delete(id, renewals);
      else seen.set(id, { renewals, since });
    }
    this.#seen = seen;
  }

  /** Time counts only while the reads succeed: followers cannot renew either while the database is away. */
  readFailed(): void {
    if (!this.#parts.rules.isBroken('time-over-failed-reads')) this.#seen.clear();
  }

  #patience(lease: number): number {
    const { rules, lease: own } = this.#parts;
    if (rules.isBroken('delete-by-own-lease')) return own * 1.1;
    return lease * (rules.isBroken('delete-without-tenth') ? 1 : 1.1);
  }

  /** Deletes a document, unless it has been renewed since. */
  #delete(id: string, renewals: number): void {
    const { process, database, rules } = this.#parts;
    const deletion = writeOne({ collection: 'followers', key: id, document: undefined });
    database.write(
      process,
      ({ log, time }) => {
        const document = log.read('followers', id, time);
        if (document === undefined) return undefined;
        const isUnchanged = document.renewals === renewals;
        return isUnchanged || rules.isBroken('delete-without-renewals') ? deletion : undefined;
      },
      () => {},
    );
  }
}
