import type { User } from './log.ts';
import { cutoffOf, type Token } from './memory.ts';
import type { SettledBy } from './settler.ts';

interface Accepted {
  readonly server: string;
  readonly token: Token;
  readonly arrived: number;
  readonly isAdmin: User['isAdmin'];
  readonly way: 'memory' | 'fill' | 'strict';
}

interface Refused {
  readonly server: string;
  readonly token: Token;
  readonly arrived: number;
  readonly reason: 'revoked' | 'user';
}

interface LoggedIn {
  readonly user: string;
  readonly password: number;
  readonly arrived: number;
  /** The time that the new tokens carry. */
  readonly issued: number;
}

interface PasswordChange {
  /** Tokens issued before it are revoked. */
  readonly cutoff: number;
  readonly answered: number;
}

/** The last change of a user: nothing is judged while it is under way, or where its outcome is not known. */
interface UserState {
  readonly isEnabled: boolean;
  answered: number | undefined;
}

export interface Counts {
  accepted: number;
  fromMemory: number;
  refused: number;
  unavailable: number;
  settled: number;
  settledByTime: number;
  logins: number;
}

/** Judges what clients see: requests and answers, with their times. It knows nothing of how servers work. */
export class Checker {
  readonly violations: string[] = [];
  readonly counts: Counts = {
    accepted: 0,
    fromMemory: 0,
    refused: 0,
    unavailable: 0,
    settled: 0,
    settledByTime: 0,
    logins: 0,
  };
  readonly #now: () => number;
  /** Keys of tokens, and of all tokens of a user: whether anybody asked to revoke them, and when that was answered. */
  readonly #requested = new Set<string>();
  readonly #answered = new Map<string, number>();
  readonly #users = new Map<string, UserState>();
  readonly #demoted = new Map<string, number>();
  readonly #passwords = new Map<string, PasswordChange>();
  readonly #logins: LoggedIn[] = [];
  #isLostSince: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  revocationRequested(keys: readonly string[]): void {
    for (const key of keys) this.#requested.add(key);
  }

  revocationAnswered(keys: readonly string[], by?: SettledBy): void {
    for (const key of keys) {
      if (!this.#answered.has(key)) this.#answered.set(key, this.#now());
    }
    this.settled(by);
  }

  settled(by: SettledBy | undefined): void {
    this.counts.settled++;
    if (by === 'time') this.counts.settledByTime++;
  }

  /** Begins a change of a user, unless another one is under way: then nobody could say which one comes last. */
  beginUserChange(user: string, isEnabled: boolean): UserState | undefined {
    const last = this.#users.get(user);
    if (last !== undefined && last.answered === undefined) return undefined;
    const state = { isEnabled, answered: undefined };
    this.#users.set(user, state);
    return state;
  }

  userChanged(state: UserState, at = this.#now()): void {
    state.answered = at;
  }

  /** Takes a role away, with effect from a time. */
  demoted(user: string, from: number): void {
    if (!this.#demoted.has(user)) this.#demoted.set(user, from);
  }

  /** The revocations are lost: from a time on nothing may be accepted. */
  revocationsLost(from: number): void {
    this.#isLostSince ??= from;
  }

  passwordChanged(user: string, password: number, cutoff: number): void {
    this.#passwords.set(`${user} ${password}`, { cutoff, answered: this.#now() });
  }

  loggedIn(login: LoggedIn): void {
    this.counts.logins++;
    this.#logins.push(login);
  }

  unavailable(): void {
    this.counts.unavailable++;
  }

  /** Judges an accepted request by all that was answered before it arrived. */
  accepted({ server, token, arrived, isAdmin, way }: Accepted): void {
    this.counts.accepted++;
    if (way === 'memory') this.counts.fromMemory++;
    const disabled = this.#users.get(token.user);
    const reasons: readonly [reason: string, since: number | undefined][] = [
      ['token revoked', this.#answered.get(token.id)],
      ['all tokens revoked', this.#answered.get(cutoffOf(token.user))],
      ['user disabled', disabled?.isEnabled === false ? disabled.answered : undefined],
      ['admin demoted', isAdmin ? this.#demoted.get(token.user) : undefined],
      ['revocations lost', this.#isLostSince],
    ];
    for (const [reason, since] of reasons) {
      if (since !== undefined && since < arrived) {
        this.#violate(`${server} accepted ${token.id} from ${way}: ${reason} since ${since}`);
      }
    }
  }

  refused({ server, token, arrived, reason }: Refused): void {
    this.counts.refused++;
    const says = (rule: string) => this.#violate(`${server} refused ${token.id}: ${rule}`);
    if (reason === 'revoked') {
      const keys = [token.id, cutoffOf(token.user)];
      if (!keys.some((key) => this.#requested.has(key))) says('nobody asked to revoke it');
      return;
    }
    const user = this.#users.get(token.user);
    if (user === undefined) says('nobody disabled the user');
    else if (user.isEnabled && (user.answered ?? arrived) < arrived) says('the user is enabled');
  }

  /** Judges logins with a password that was changed: begun too late, or with tokens that the change does not revoke. */
  judgeLogins(): void {
    for (const { user, password, arrived, issued } of this.#logins) {
      const change = this.#passwords.get(`${user} ${password + 1}`);
      if (change === undefined) continue;
      if (arrived > change.answered) this.#violate(`${user} logged in by an old password`);
      if (issued > change.cutoff) this.#violate(`${user} has tokens of an old password`);
    }
  }

  /** Notes that a follower does not follow although nothing hinders it. */
  idle(follower: string): void {
    this.#violate(`${follower} does not follow any more`);
  }

  #violate(violation: string): void {
    this.violations.push(`${this.#now().toFixed(2)} ${violation}`);
  }
}
