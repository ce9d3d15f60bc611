import type { Checker } from './checker.ts';
import { type Database, type Draft, dropAll, type View } from './database.ts';
import { SENTINEL } from './feed-filter.ts';
import type { Change, CollectionName } from './log.ts';
import { cutoffOf } from './memory.ts';
import type { Process } from './process.ts';
import { TOKENS, USERS } from './schedule.ts';

interface ShellParts {
  readonly process: Process;
  readonly database: Database;
  readonly checker: Checker;
  readonly longestLease: number;
}

/**
 * An operator who changes the database past the servers. Nobody settles that: it has taken effect a lease after its
 * acknowledgement, since who still holds a lease by then has applied it.
 */
export class Shell {
  readonly #parts: ShellParts;

  constructor(parts: ShellParts) {
    this.#parts = parts;
  }

  /** Takes the role of an admin away. */
  demote(user: string): void {
    const draft = ({ log, time }: View): Draft | undefined => {
      const before = log.read('users', user, time);
      if (before === undefined) return undefined;
      const document = { ...before, isAdmin: false };
      return { operation: 'pipeline', changes: [{ collection: 'users', key: user, document }] };
    };
    this.#write(draft, (effective) => this.#parts.checker.demoted(user, effective));
  }

  /** Renames a collection onto `users` in which one user is disabled. */
  replaceUsers(disabled: string): void {
    const { checker } = this.#parts;
    const state = checker.beginUserChange(disabled, false);
    if (state === undefined) return;
    const draft = ({ log, time }: View): Draft => ({
      operation: 'rename',
      collection: 'users',
      changes: [...log.list('users', time)].map(([key, user]) => ({
        collection: 'users',
        key,
        document: key === disabled ? { ...user, isEnabled: false } : user,
      })),
    });
    this.#write(draft, (effective) => checker.userChanged(state, effective));
  }

  /** Deletes the sentinel and then all revocations, in the order in which a scan of the collection meets them. */
  empty(): void {
    const { database, process, checker } = this.#parts;
    this.#write(
      () => deleteRevocations([SENTINEL]),
      (effective) => checker.revocationsLost(effective),
    );
    const keys = [...TOKENS.map(({ id }) => id), ...USERS.map(cutoffOf)];
    const draft = ({ log, time }: View): Draft | undefined => {
      if (log.read('revoked_tokens', SENTINEL, time) !== undefined) return undefined;
      return deleteRevocations(
        keys.filter((key) => log.read('revoked_tokens', key, time) !== undefined),
      );
    };
    database.write(process, draft, () => {});
  }

  drop(collection: CollectionName): void {
    this.#write(
      (view) => dropAll(view, collection),
      (effective) => {
        if (collection === 'revoked_tokens') this.#parts.checker.revocationsLost(effective);
      },
    );
  }

  #write(draft: (view: View) => Draft | undefined, done: (effective: number) => void): void {
    const { process, database, longestLease } = this.#parts;
    database.write(process, draft, (written) => {
      if (written?.isMatched) done(process.now + longestLease);
    });
  }
}

function deleteRevocations(keys: readonly string[]): Draft {
  const changes = keys.map(
    (key): Change => ({ collection: 'revoked_tokens', key, document: undefined }),
  );
  return { operation: 'write', changes };
}
