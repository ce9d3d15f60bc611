import type { Checker } from './checker.ts';
import { type Database, type Draft, type View, type Written, writeOne } from './database.ts';
import { SENTINEL } from './feed-filter.ts';
import type { Change, User } from './log.ts';
import { cutoffOf } from './memory.ts';
import type { Process } from './process.ts';
import type { BrokenRule, Rules } from './rules.ts';
import type { SettledBy, Settler } from './settler.ts';

export type RevokerKind = 'follower' | 'server' | 'command';

interface RevokerParts {
  readonly process: Process;
  readonly database: Database;
  readonly settler: Settler;
  readonly checker: Checker;
  readonly rules: Rules;
  readonly kind: RevokerKind;
}

/** The broken rule by which some answer without settling. */
const DOES_NOT_WAIT: Readonly<Record<RevokerKind, BrokenRule | undefined>> = {
  follower: undefined,
  server: 'not-following-does-not-wait',
  command: 'command-does-not-wait',
};

/** The password of a user who is created again: no login tries it. */
const NEW_PASSWORD = 100;

/** All that somebody may ask a process to revoke, answered once it is settled. A failure is answered by nothing. */
export class Revoker {
  readonly #parts: RevokerParts;

  constructor(parts: RevokerParts) {
    this.#parts = parts;
  }

  /** Revokes keys by an entry each, or confirms that all of them are revoked. */
  revoke(keys: readonly string[]): void {
    const { process, database, checker } = this.#parts;
    const query = ({ log, time }: View) => ({
      time,
      isLost: log.read('revoked_tokens', SENTINEL, time) === undefined,
      isRevoked: keys.every((key) => log.read('revoked_tokens', key, time) !== undefined),
    });
    database.read(process, { level: 'linearizable' }, query, (found) => {
      if (found === undefined || found.isLost) {
        checker.unavailable();
        return;
      }
      checker.revocationRequested(keys);
      if (found.isRevoked) this.#confirm(keys, found.time);
      else this.#writeEntries(keys, (time) => this.#answer(keys, time));
    });
  }

  disable(user: string): void {
    this.#changeUser(user, false, (before) => before && { ...before, isEnabled: false });
  }

  remove(user: string): void {
    this.#changeUser(user, false, () => undefined);
  }

  /** Enables a user, or creates one. It is answered at once: nobody has to wait for what is allowed. */
  enable(user: string): void {
    const created = { isEnabled: true, isAdmin: false, password: NEW_PASSWORD };
    this.#changeUser(user, true, (before) => ({ ...(before ?? created), isEnabled: true }));
  }

  /** Replaces the password, then revokes all tokens issued before that, then settles both. */
  changePassword(user: string): void {
    const { process, checker } = this.#parts;
    let password = 0;
    const change = ({ log, time }: View): Draft | undefined => {
      const before = log.read('users', user, time);
      if (before === undefined) return undefined;
      password = before.password + 1;
      return writeUser(user, { ...before, password });
    };
    this.#write(change, () => {
      const cutoff = process.now;
      const keys = [cutoffOf(user)];
      checker.revocationRequested(keys);
      this.#writeEntries(keys, (time) =>
        this.#settle(time, () => {
          checker.passwordChanged(user, password, cutoff);
          checker.revocationAnswered(keys);
        }),
      );
    });
  }

  #changeUser(
    user: string,
    isEnabled: boolean,
    change: (before: User | undefined) => User | undefined,
  ): void {
    const { checker } = this.#parts;
    const state = checker.beginUserChange(user, isEnabled);
    if (state === undefined) return;
    const draft = ({ log, time }: View) => writeUser(user, change(log.read('users', user, time)));
    this.#write(draft, ({ time }) => {
      if (isEnabled) checker.userChanged(state);
      else this.#settle(time, () => checker.userChanged(state));
    });
  }

  /** A revocation that is there already may have been written a moment ago: to say so is to answer it, too. */
  #confirm(keys: readonly string[], time: number): void {
    const { checker, rules } = this.#parts;
    if (rules.isBroken('refused-without-settling')) checker.revocationAnswered(keys);
    else this.#answer(keys, time);
  }

  #answer(keys: readonly string[], time: number): void {
    const { settler, checker } = this.#parts;
    if (this.#waits()) settler.settle(time, (by) => checker.revocationAnswered(keys, by));
    else checker.revocationAnswered(keys);
  }

  #settle(time: number, done: () => void): void {
    const { settler, checker } = this.#parts;
    const settled = (by?: SettledBy): void => {
      checker.settled(by);
      done();
    };
    if (this.#waits()) settler.settle(time, settled);
    else settled();
  }

  #waits(): boolean {
    const { rules, kind } = this.#parts;
    const rule = DOES_NOT_WAIT[kind];
    return rule === undefined || !rules.isBroken(rule);
  }

  /** Writes an entry for each key, one after the other, and returns the time of the last one. */
  #writeEntries(keys: readonly string[], done: (time: number) => void): void {
    const { rules } = this.#parts;
    const [key, ...others] = rules.isBroken('one-time-for-two-entries') ? [] : keys;
    this.#write(revokeAll(key === undefined ? keys : [key]), ({ time }) => {
      if (others.length === 0) done(time);
      else {
        const isFirst = rules.isBroken('first-of-two-entries');
        this.#writeEntries(others, (last) => done(isFirst ? time : last));
      }
    });
  }

  #write(draft: (view: View) => Draft | undefined, done: (written: Written) => void): void {
    const { process, database, checker } = this.#parts;
    database.write(process, draft, (written) => {
      if (written?.isMatched) done(written);
      else checker.unavailable();
    });
  }
}

function writeUser(user: string, document: User | undefined): Draft {
  return writeOne({ collection: 'users', key: user, document });
}

/** Writes entries in one transaction, unless the sentinel is missing. */
function revokeAll(keys: readonly string[]): (view: View) => Draft | undefined {
  const changes = keys.map(
    (key): Change => ({ collection: 'revoked_tokens', key, document: true }),
  );
  return ({ log, time }) =>
    log.read('revoked_tokens', SENTINEL, time) && { operation: 'write', changes };
}
