import type { Checker } from './checker.ts';
import type { Concern, Database, View } from './database.ts';
import { SENTINEL } from './feed-filter.ts';
import type { Follower } from './follower.ts';
import type { User } from './log.ts';
import { cutoffOf, type Token } from './memory.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';

interface Found {
  /** True where the sentinel is missing, so that nothing is known. */
  readonly isLost: boolean;
  readonly isRevoked: boolean;
  readonly user: User | undefined;
}

interface Request {
  readonly token: Token;
  readonly arrived: number;
  /** The reads that were made to fill the memory. */
  reads: number;
}

/** The registration and the version at which a read began. */
interface Begun {
  readonly registration: string | undefined;
  readonly version: number;
}

interface ChecksParts {
  readonly process: Process;
  readonly database: Database;
  readonly checker: Checker;
  readonly rules: Rules;
  /** Undefined in a server that does not follow. */
  readonly follower: Follower | undefined;
}

/** The checks of requests by one server. */
export class Checks {
  readonly #parts: ChecksParts;
  /** The requests that wait for a read that fills the memory, by token. */
  readonly #filling = new Map<string, Request[]>();

  constructor(parts: ChecksParts) {
    this.#parts = parts;
  }

  /** Drops the requests that wait, like a process that is killed. */
  kill(): void {
    this.#filling.clear();
  }

  check(token: Token): void {
    const { process } = this.#parts;
    const arrived = process.now;
    process.run(0, () => this.#decide({ token, arrived, reads: 0 }));
  }

  /** Rule 6: accepts from memory, else fills the memory and decides again, else reads strictly. */
  #decide(request: Request): void {
    const { follower } = this.#parts;
    const user = this.recall(request.token);
    if (user !== undefined) this.#accept(request, user);
    else if (follower !== undefined && request.reads < 2 && this.#mayFill(request, follower)) {
      this.#fill(request, follower);
    } else this.#readStrictly(request);
  }

  #mayFill({ token }: Request, { liveId, lease }: Follower): boolean {
    const { rules } = this.#parts;
    if (rules.isBroken('fill-from-before-the-registration')) return true;
    const joins = this.#filling.has(token.id) && rules.isBroken('lease-checked-before-the-read');
    return liveId !== undefined && (joins || lease.holds());
  }

  /** Returns the user that may be accepted from memory: the one synchronous function of the design. */
  recall(token: Token, isLeaseChecked = true): User | undefined {
    const registration = this.#parts.follower?.liveId;
    if (registration === undefined) return undefined;
    if (isLeaseChecked && !this.#parts.follower?.lease.holds()) return undefined;
    return this.#parts.follower?.memory.recall(token, registration);
  }

  /**
   * Fills the memory by a majority read after the position, at the version at which the read begins. A request may join a
   * read of the same token that is under way, since the decision comes after it.
   */
  #fill(request: Request, follower: Follower): void {
    const { process, database } = this.#parts;
    const { token } = request;
    const joined = this.#filling.get(token.id);
    request.reads++;
    if (joined !== undefined) {
      joined.push(request);
      return;
    }
    const requests = [request];
    this.#filling.set(token.id, requests);
    const begun = { registration: follower.liveId, version: follower.memory.version };
    const query = (view: View) => lookUp(view, token);
    database.read(process, this.#fillConcern(follower.position), query, (found) => {
      this.#filling.delete(token.id);
      for (const each of requests) this.#useRead(each, found, begun);
    });
  }

  #fillConcern(position: number): Concern {
    const { rules } = this.#parts;
    if (rules.isBroken('fills-read-local')) return { level: 'local' };
    return {
      level: 'majority',
      after: rules.isBroken('fills-read-without-position') ? 0 : position,
    };
  }

  #useRead(request: Request, found: Found | undefined, begun: Begun): void {
    if (found === undefined) this.#readStrictly(request);
    else if (found.isLost) this.#parts.checker.unavailable();
    else if (found.isRevoked) this.#refuse(request, 'revoked');
    else if (!found.user?.isEnabled) this.#doubtUser(request, found.user);
    else this.#remember(request, found.user, begun);
  }

  /** Remembers what was read under the same registration, and decides again. */
  #remember(request: Request, user: User, begun: Begun): void {
    const { follower, rules } = this.#parts;
    const registration = follower?.liveId;
    const isAnyTime = rules.isBroken('fill-from-before-the-registration');
    const isSame = isAnyTime || registration === begun.registration;
    if (follower === undefined || registration === undefined || !isSame) {
      this.#readStrictly(request);
    } else if (rules.isBroken('decided-from-the-read') && follower.lease.holds()) {
      this.#accept(request, user);
    } else {
      const isLate = rules.isBroken('version-at-the-return');
      const version = isLate ? follower.memory.version : begun.version;
      follower.memory.remember(request.token, user, version, registration);
      this.#decideAgain(request);
    }
  }

  /** Asks the same function again, since the lease may have ended meanwhile. */
  #decideAgain(request: Request): void {
    const isChecked = this.#parts.rules.isBroken('lease-checked-before-the-read');
    const user = isChecked ? this.recall(request.token, false) : undefined;
    if (user === undefined) this.#decide(request);
    else this.#accept(request, user);
  }

  /** A user who is missing or disabled in a majority read may be there by now: a strict read decides. */
  #doubtUser(request: Request, user: User | undefined): void {
    const rule = user ? 'disabled-user-refused-from-memory' : 'missing-user-refused-from-memory';
    if (this.#parts.rules.isBroken(rule)) this.#refuse(request, 'user');
    else this.#readStrictly(request);
  }

  #readStrictly(request: Request): void {
    const { process, database, checker } = this.#parts;
    const query = (view: View) => lookUp(view, request.token);
    database.read(process, { level: 'linearizable' }, query, (found) => {
      if (found === undefined || found.isLost) checker.unavailable();
      else if (found.isRevoked) this.#refuse(request, 'revoked');
      else if (!found.user?.isEnabled) this.#refuse(request, 'user');
      else this.#accept(request, found.user, 'strict');
    });
  }

  #accept({ token, arrived, reads }: Request, { isAdmin }: User, strict?: 'strict'): void {
    const way = strict ?? (reads === 0 ? 'memory' : 'fill');
    this.#parts.checker.accepted({
      server: this.#parts.process.name,
      token,
      arrived,
      isAdmin,
      way,
    });
  }

  #refuse({ token, arrived }: Request, reason: 'revoked' | 'user'): void {
    this.#parts.checker.refused({ server: this.#parts.process.name, token, arrived, reason });
  }
}

function lookUp({ log, time }: View, { id, user }: Token): Found {
  const has = (key: string) => log.read('revoked_tokens', key, time) !== undefined;
  return {
    isLost: !has(SENTINEL),
    isRevoked: has(id) || has(cutoffOf(user)),
    user: log.read('users', user, time),
  };
}
