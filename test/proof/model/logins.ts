import type { Checker } from './checker.ts';
import type { Database, View } from './database.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';

interface LoginsParts {
  readonly process: Process;
  readonly database: Database;
  readonly checker: Checker;
  readonly rules: Rules;
}

/** The time that a password takes to be compared with its hash. */
const COMPARISON = 0.5;

/** Logins at one server. The user is read before the password is compared, and again once the tokens are issued. */
export class Logins {
  readonly #parts: LoginsParts;

  constructor(parts: LoginsParts) {
    this.#parts = parts;
  }

  logIn(user: string, password: number): void {
    const { process, checker } = this.#parts;
    const arrived = process.now;
    this.#readPassword(user, (first) => {
      if (first !== password) return;
      process.run(COMPARISON, () => {
        const issued = process.now;
        this.#readPassword(user, (second) => {
          if (second === password) checker.loggedIn({ user, password, arrived, issued });
        });
      });
    });
  }

  #readPassword(user: string, done: (password: number | undefined) => void): void {
    const { process, database, rules } = this.#parts;
    const concern = rules.isBroken('login-at-majority')
      ? ({ level: 'majority', after: 0 } as const)
      : ({ level: 'linearizable' } as const);
    const query = ({ log, time }: View) => log.read('users', user, time)?.password;
    database.read<number | undefined>(process, concern, query, done);
  }
}
