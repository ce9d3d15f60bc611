import type { FeedEvent } from './change-stream.ts';
import type { Reading } from './clocks.ts';
import { type Database, type Written, writeOne } from './database.ts';
import { Feed } from './feed.ts';
import { SENTINEL } from './feed-filter.ts';
import type { Lease } from './lease.ts';
import type { FollowerDocument, User } from './log.ts';
import type { Memory } from './memory.ts';
import type { Process } from './process.ts';
import type { Rules } from './rules.ts';

/** One registration of a follower: a document with a new id, and the feed that goes with it. */
interface Registration {
  readonly id: string;
  readonly feed: Feed;
  /** True once the own insert has arrived through the feed. */
  isLive: boolean;
  isOver: boolean;
  /** True while an event has been applied that no renewal has reported. */
  isDirty: boolean;
  isRenewing: boolean;
  /** The number of the planned renewal: an earlier plan is void. */
  plan: number;
  /** Only for a broken rule: the beginning of the last acknowledged renewal. */
  acknowledged: Reading | undefined;
}

interface FollowerParts {
  readonly process: Process;
  readonly database: Database;
  readonly lease: Lease;
  readonly memory: Memory<User>;
  readonly rules: Rules;
}

/** The pause before something that failed is tried again, and between two renewals. */
const PAUSE = 0.5;
const GAP = 0.2;

/** A follower: its registration, renewals and feed. The decision about a request is in `checks.ts`. */
export class Follower {
  readonly process: Process;
  readonly lease: Lease;
  readonly memory: Memory<User>;
  readonly #database: Database;
  readonly #rules: Rules;
  #registration: Registration | undefined;
  #registrations = 0;
  #isRunning = false;
  /** Only for a broken rule: the beginning of the last attempt of a renewal, in place of the one in the document. */
  #attempted: { readonly of: Reading; readonly at: Reading } | undefined;

  constructor({ process, database, lease, memory, rules }: FollowerParts) {
    this.process = process;
    this.lease = lease;
    this.memory = memory;
    this.#database = database;
    this.#rules = rules;
  }

  get registrations(): number {
    return this.#registrations;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The registration under which reads may be remembered. */
  get liveId(): string | undefined {
    return this.#registration?.isLive ? this.#registration.id : undefined;
  }

  get position(): number {
    return this.#registration?.feed.position ?? 0;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#register();
  }

  /** SIGTERM: the lease ends first, then the document is deleted. */
  stop(): void {
    const registration = this.#registration;
    this.#isRunning = false;
    if (registration === undefined) return;
    registration.isOver = true;
    registration.feed.close();
    if (!this.#rules.isBroken('deleted-before-the-lease-ends')) this.#forget();
    this.#delete(registration.id, () => {
      if (this.#registration === registration) this.#forget();
    });
  }

  /** Ends with a process that is killed: the document stays. */
  kill(): void {
    this.#isRunning = false;
    if (this.#registration !== undefined) this.#registration.isOver = true;
    this.#registration?.feed.close();
    this.#forget();
    this.memory.clear();
  }

  /** Rule 1: opens the feed, then inserts the document, and gives up where its event takes longer than a lease. */
  #register(): void {
    if (!this.#isRunning || this.#registration !== undefined) return;
    const registration = this.#createRegistration();
    this.#registration = registration;
    if (this.#rules.isBroken('memory-kept-over-a-registration')) this.memory.keep(registration.id);
    else this.memory.clear();
    if (this.#rules.isBroken('registered-before-the-feed')) this.#insert(registration);
    else registration.feed.open();
    this.process.run(this.lease.duration, () => {
      if (!registration.isLive && !registration.isOver) this.#giveUp(registration);
    });
  }

  #createRegistration(): Registration {
    const id = `${this.process.name}#${++this.#registrations}`;
    const parts = {
      process: this.process,
      database: this.#database,
      rules: this.#rules,
      ownId: id,
    };
    const registration: Registration = {
      id,
      feed: new Feed(parts, {
        opened: () => this.#feedOpened(registration),
        received: () => this.#batchReceived(registration),
        apply: (event) => this.#apply(registration, event),
        failed: (reason) => this.#feedFailed(registration, reason),
      }),
      isLive: false,
      isOver: false,
      isDirty: false,
      isRenewing: false,
      plan: 0,
      acknowledged: undefined,
    };
    return registration;
  }

  #feedOpened(registration: Registration): void {
    if (!registration.isLive) this.#insert(registration);
  }

  /** Does nothing where no rule is broken: a batch alone says nothing about a lease. */
  #batchReceived({ acknowledged }: Registration): void {
    if (acknowledged !== undefined && this.#rules.isBroken('lease-from-an-empty-batch')) {
      this.lease.extend(acknowledged);
    }
  }

  /** Rule 5: resumes a feed that broke. Where the oplog has lost its place, everything begins again. */
  #feedFailed(registration: Registration, reason: 'broken' | 'lost'): void {
    if (reason === 'lost') this.#over(registration);
    else if (!registration.isLive) this.#giveUp(registration);
    else {
      this.process.run(PAUSE, () => {
        if (!registration.isOver) registration.feed.resume();
      });
    }
  }

  #insert(registration: Registration): void {
    const began = this.process.clocks.read();
    const document = { lease: this.lease.duration, position: 0, began, renewals: 0 };
    const insert = writeOne({ collection: 'followers', key: registration.id, document });
    this.#database.write(
      this.process,
      () => insert,
      (written) => {
        if (registration.isOver) return;
        if (written === undefined) {
          this.#giveUp(registration);
          return;
        }
        this.#afterInsert(registration, began, written);
        this.#planRenewal(registration, this.lease.duration / 3);
      },
    );
  }

  /** Does nothing where no rule is broken: the feed alone makes a registration live. */
  #afterInsert(registration: Registration, began: Reading, { time }: Written): void {
    const isEarly = this.#rules.isBroken('registered-before-the-feed');
    if (!isEarly && !this.#rules.isBroken('live-before-the-own-insert')) return;
    registration.isLive = true;
    this.lease.extend(began);
    if (!isEarly) return;
    registration.feed.position = time;
    registration.feed.open();
  }

  #giveUp(registration: Registration): void {
    this.#over(registration);
    this.#delete(registration.id, () => {});
  }

  /** Ends a registration and begins another one. */
  #over(registration: Registration): void {
    if (registration.isOver) return;
    registration.isOver = true;
    registration.feed.close();
    this.#forget();
    this.process.run(PAUSE, () => this.#register());
  }

  #forget(): void {
    this.lease.end();
    this.#registration = undefined;
  }

  #delete(id: string, done: () => void): void {
    const deletion = writeOne({ collection: 'followers', key: id, document: undefined });
    this.#database.write(
      this.process,
      ({ log, time }) => (log.read('followers', id, time) === undefined ? undefined : deletion),
      done,
    );
  }

  #apply(registration: Registration, event: FeedEvent): void {
    if (event.collection !== 'followers') this.#applyChange(registration, event);
    else if (event.operation === 'drop') this.memory.changeEverything();
    else if (event.document === undefined) this.#applyOwnDelete(registration);
    else this.#applyOwn(registration, event.document as FollowerDocument);
  }

  /** Rule 6: raises the version of what has changed. */
  #applyChange(registration: Registration, { operation, key }: FeedEvent): void {
    const isEverything = operation === 'drop' || operation === 'rename' || key === SENTINEL;
    if (isEverything || key === undefined) this.memory.changeEverything();
    else this.memory.change(key);
    if (!registration.isDirty && !registration.isRenewing) this.#planRenewal(registration, GAP);
    registration.isDirty = true;
  }

  /** Rule 3: an own renewal that arrives through the feed prolongs the lease, from the moment at which it began. */
  #applyOwn(registration: Registration, { began }: FollowerDocument): void {
    const isFromTheEnd = this.#rules.isBroken('lease-from-the-end');
    registration.isLive = true;
    this.lease.extend(isFromTheEnd ? this.process.clocks.read() : this.#beganOf(began));
  }

  #beganOf(began: Reading): Reading {
    return this.#attempted?.of.mono === began.mono ? this.#attempted.at : began;
  }

  /** Rule 5: a document that is gone ends the registration, as does a renewal that matches nothing. */
  #applyOwnDelete(registration: Registration): void {
    if (!this.#rules.isBroken('unmatched-renewal-ignored')) this.#over(registration);
  }

  /** Rule 2: renews every third of a lease, and soon after events. */
  #planRenewal(registration: Registration, delay: number): void {
    const plan = ++registration.plan;
    this.process.run(delay, () => {
      if (plan === registration.plan && !registration.isOver) this.#renew(registration);
    });
  }

  /** Rule 2: reports the position. Both clocks are read before the command is queued. */
  #renew(registration: Registration): void {
    const began = this.process.clocks.read();
    const { id } = registration;
    const { position } = registration.feed;
    registration.isRenewing = true;
    registration.isDirty = false;
    this.#database.write(
      this.process,
      ({ log, time }) => {
        const document = log.read('followers', id, time);
        if (document === undefined) return undefined;
        const renewals = document.renewals + 1;
        return writeOne({
          collection: 'followers',
          key: id,
          document: { ...document, began, position, renewals },
        });
      },
      (written) => this.#afterRenewal(registration, began, written),
      () => {
        if (this.#rules.isBroken('began-after-the-pool')) {
          this.#attempted = { of: began, at: this.process.clocks.read() };
        }
      },
    );
  }

  /** Rule 5: a renewal that failed is tried again; one that matched nothing ends the registration. */
  #afterRenewal(registration: Registration, began: Reading, written: Written | undefined): void {
    if (registration.isOver) return;
    registration.isRenewing = false;
    const isIgnored = this.#rules.isBroken('unmatched-renewal-ignored');
    if (written?.isMatched === false && !isIgnored) {
      this.#over(registration);
      return;
    }
    if (written !== undefined) this.#expectArrival(registration, began);
    const isSoon = written === undefined || registration.isDirty;
    this.#planRenewal(registration, isSoon ? GAP : this.lease.duration / 3);
  }

  /** Rule 5: resumes the feed where an acknowledged renewal does not arrive within a lease. */
  #expectArrival(registration: Registration, began: Reading): void {
    registration.acknowledged = began;
    if (this.#rules.isBroken('lease-from-the-acknowledgement')) this.lease.extend(began);
    this.process.run(this.lease.duration, () => {
      if (!registration.isOver && this.lease.newest < began.mono) registration.feed.resume();
    });
  }
}
