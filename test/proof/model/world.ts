import { Chance } from './chance.ts';
import { Checker, type Counts } from './checker.ts';
import { Checks } from './checks.ts';
import { Clocks } from './clocks.ts';
import { Database } from './database.ts';
import { SENTINEL } from './feed-filter.ts';
import { Follower } from './follower.ts';
import { Lease } from './lease.ts';
import type { Change, User } from './log.ts';
import { Logins } from './logins.ts';
import { Memory } from './memory.ts';
import { createRandomConditions, type Leg, Network, STEADY } from './network.ts';
import { Process } from './process.ts';
import { createTraffic } from './random-schedules.ts';
import { Revoker, type RevokerKind } from './revoker.ts';
import { type BrokenRule, Rules } from './rules.ts';
import {
  BUSY,
  CALM,
  COMMAND,
  FOLLOWERS,
  type Schedule,
  SERVER,
  type Step,
  TOKENS,
  USERS,
} from './schedule.ts';
import { Settler } from './settler.ts';
import { Shell } from './shell.ts';
import { StaleDocuments } from './stale-documents.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Report {
  readonly violations: readonly string[];
  readonly counts: Counts;
  /** The registrations of all followers. */
  readonly registrations: number;
}

const INITIAL_PASSWORD = 0;

/** A process with all that runs in it. */
interface Machine {
  readonly process: Process;
  readonly revoker: Revoker;
  readonly settler: Settler;
  readonly staleDocuments: StaleDocuments;
  readonly checks: Checks;
  readonly logins: Logins;
  readonly follower: Follower | undefined;
}

/** Plays a schedule, with one rule broken or none. */
export function play(schedule: Schedule, broken?: BrokenRule): Report {
  return new World(schedule, new Rules(broken)).run();
}

class World {
  readonly #schedule: Schedule;
  readonly #rules: Rules;
  readonly #time = new VirtualTime();
  readonly #checker = new Checker(() => this.#time.now);
  readonly #network: Network;
  readonly #database: Database;
  readonly #machines = new Map<string, Machine>();
  readonly #shell: Shell;

  constructor(schedule: Schedule, rules: Rules) {
    const { seed } = schedule;
    const chance = new Chance(seed ?? 0);
    const conditions =
      seed === undefined ? STEADY : createRandomConditions(chance, this.#time, BUSY);
    this.#schedule = schedule;
    this.#rules = rules;
    this.#network = new Network(this.#time, conditions);
    this.#database = new Database(this.#time, this.#network, initialDocuments());
    this.#shell = new Shell({
      process: this.#createProcess('shell', 1),
      database: this.#database,
      checker: this.#checker,
      longestLease: Math.max(...schedule.leases),
    });
    const names = [...FOLLOWERS, SERVER, COMMAND];
    for (const [index, name] of names.entries()) {
      this.#machines.set(name, this.#createMachine(name, index));
    }
  }

  run(): Report {
    const { seed, steps } = this.#schedule;
    const traffic = seed === undefined ? [] : createTraffic(seed, steps);
    for (const step of [...steps, ...traffic]) this.#time.at(step.at, () => this.#take(step));
    for (const { process, staleDocuments } of this.#machines.values()) {
      process.run(0, () => staleDocuments.sweep());
    }
    this.#time.runUntil(BUSY + CALM);
    this.#checker.judgeLogins();
    const followers = [...this.#machines.values()].flatMap(({ follower }) => follower ?? []);
    for (const follower of followers) {
      if (follower.isRunning && !follower.lease.holds()) this.#checker.idle(follower.process.name);
    }
    return {
      violations: this.#checker.violations,
      counts: this.#checker.counts,
      registrations: followers.reduce((sum, { registrations }) => sum + registrations, 0),
    };
  }

  #createProcess(name: string, rate: number): Process {
    return new Process(name, this.#time, new Clocks(() => this.#time.now, rate));
  }

  #createMachine(name: string, index: number): Machine {
    const process = this.#createProcess(name, this.#schedule.rates[index] ?? 1);
    const shared = {
      process,
      database: this.#database,
      checker: this.#checker,
      rules: this.#rules,
      lease: this.#schedule.leases[index] ?? Math.min(...this.#schedule.leases),
    };
    const follower = index < FOLLOWERS.length ? createFollower(shared) : undefined;
    const staleDocuments = new StaleDocuments(shared);
    const settler = new Settler({ ...shared, staleDocuments, follower });
    return {
      process,
      follower,
      staleDocuments,
      settler,
      revoker: new Revoker({ ...shared, settler, kind: kindOf(name) }),
      checks: new Checks({ ...shared, follower }),
      logins: new Logins(shared),
    };
  }

  #take(step: Step): void {
    if (step.do === 'check' || 'keys' in step) this.#request(step);
    else if ('user' in step) this.#changeUser(step);
    else if ('who' in step) this.#disturb(step);
    else this.#strike(step);
  }

  #request(step: Extract<Step, { do: 'check' | 'revoke' }>): void {
    const { checks, revoker, process } = this.#find(step.who);
    if (step.do === 'revoke') process.run(0, () => revoker.revoke(step.keys));
    else for (const token of TOKENS) if (token.id === step.token) checks.check(token);
  }

  #changeUser(step: Extract<Step, { user: string }>): void {
    const { user } = step;
    if ('who' in step) {
      const machine = this.#find(step.who);
      machine.process.run(0, () => changeUser(step.do, user, machine));
    } else if (step.do === 'demote') this.#shell.demote(user);
    else this.#shell.replaceUsers(user);
  }

  /** Does something to one process, or to its ways to the database. */
  #disturb(step: Extract<Step, { who: string }>): void {
    const machine = this.#machines.get(step.who);
    if (step.do === 'hold' || step.do === 'lose') {
      this.#hold(step.who, step.leg, step.for, step.do === 'lose');
    } else if (step.do === 'stale') this.#hold(step.who, 'snapshot', step.for, false);
    else if (machine !== undefined) disturbMachine(step, machine);
  }

  #hold(process: string, leg: Leg | 'snapshot', duration: number, isLost: boolean): void {
    const until = this.#time.now + duration;
    const oldest = this.#database.leader.known;
    this.#network.disturb({ process, leg, until, isLost, oldest });
  }

  /** Does something to the database. */
  #strike(step: Exclude<Step, { who: string } | { user: string }>): void {
    if (step.do === 'elect') this.#database.elect(step);
    else if (step.do === 'cut') this.#database.cut(this.#time.now + step.for, step);
    else if (step.do === 'lead') this.#database.lead(step.astray);
    else if (step.do === 'overrun') this.#database.oldest = this.#database.leader.known;
    else if (step.do === 'empty') this.#shell.empty();
    else this.#shell.drop(step.do === 'drop-followers' ? 'followers' : 'revoked_tokens');
  }

  #find(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`No process has the name ${name}`);
    return machine;
  }
}

type UserChange = Extract<Step, { who: string; user: string }>['do'];

function changeUser(change: UserChange, user: string, { revoker, logins }: Machine): void {
  if (change === 'disable') revoker.disable(user);
  else if (change === 'remove') revoker.remove(user);
  else if (change === 'enable') revoker.enable(user);
  else if (change === 'change-password') revoker.changePassword(user);
  else logins.logIn(user, INITIAL_PASSWORD);
}

function disturbMachine(step: Step, machine: Machine): void {
  const { process, follower } = machine;
  if (step.do === 'start') process.run(0, () => follower?.start());
  else if (step.do === 'stop') process.run(0, () => follower?.stop());
  else if (step.do === 'jump') process.clocks.jump(step.by);
  else if (step.do === 'pause') process.stop(step.for);
  else if (step.do === 'suspend') {
    process.stop(step.for);
    process.clocks.suspend(step.for);
  } else if (step.do === 'kill') {
    process.kill();
    follower?.kill();
    machine.checks.kill();
    machine.settler.kill();
    process.run(0, () => machine.staleDocuments.sweep());
  }
}

interface FollowerParts {
  readonly process: Process;
  readonly database: Database;
  readonly rules: Rules;
  readonly lease: number;
}

function createFollower({ process, database, rules, lease: duration }: FollowerParts): Follower {
  const lease = new Lease(duration, process.clocks, rules);
  return new Follower({ process, database, rules, lease, memory: new Memory<User>() });
}

function kindOf(name: string): RevokerKind {
  if (name === COMMAND) return 'command';
  return name === SERVER ? 'server' : 'follower';
}

function initialDocuments(): Change[] {
  const users = USERS.map(
    (key): Change => ({
      collection: 'users',
      key,
      document: { isEnabled: true, isAdmin: true, password: INITIAL_PASSWORD },
    }),
  );
  return [{ collection: 'revoked_tokens', key: SENTINEL, document: true }, ...users];
}
