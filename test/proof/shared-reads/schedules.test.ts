import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { createSharedReads, type SharedRead } from '../../../lib/store/mongo/shared-reads.ts';

interface Limits {
  readonly atOnce: number;
  readonly mostKeys: number;
}

interface Answer {
  /** The time of the read in the store, between the start of the read and its return. */
  readonly readAt: number;
  readonly found: ReadonlySet<string>;
}

interface Write {
  readonly key: string;
  readonly appliedAt: number;
  acknowledgedAt: number;
}

interface Read {
  readonly keys: readonly string[];
  readonly startedAt: number;
  endedAt: number;
  outcome?: Answer | Error;
}

interface Ask {
  readonly keys: readonly string[];
  readonly askedAt: number;
  outcome?: Answer | Error;
}

interface History {
  readonly asks: Ask[];
  readonly writes: Write[];
  readonly reads: Read[];
}

/** The rules of shared reads, judged by what happened alone: moments on one logical clock. */
const RULES: Readonly<Record<string, (history: History, limits: Limits) => boolean>> = {
  'settling: every call ends as one of the reads did': ({ asks, reads }) =>
    asks.every((ask) => readBehind(ask, reads) !== undefined),

  'freshness: a result was read after each write that was acknowledged before the call': ({
    asks,
    writes,
  }) =>
    asks.every(({ askedAt, outcome }) => {
      const acknowledged = writes.filter((write) => write.acknowledgedAt < askedAt);
      return !isAnswer(outcome) || acknowledged.every((write) => write.appliedAt < outcome.readAt);
    }),

  'completeness: a call is read with every one of its keys': ({ asks, reads, writes }) =>
    asks.every((ask) => {
      const keys = readBehind(ask, reads)?.keys;
      return ask.keys.every((key) => keys?.includes(key) && isFoundIfThere(key, ask, writes));
    }),

  'atOnce: no more reads are under way at a time': ({ reads }, { atOnce }) =>
    reads.every(({ startedAt }) => {
      const underWay = reads.filter((r) => r.startedAt <= startedAt && startedAt < r.endedAt);
      return underWay.length <= atOnce;
    }),

  'mostKeys: only a single call may bring more keys into a read': ({ asks, reads }, { mostKeys }) =>
    reads.every(
      (read) => read.keys.length <= mostKeys || asks.some((ask) => hasKeysOnly(ask, read)),
    ),

  'distinct: no key is twice in a read': ({ reads }) =>
    reads.every(({ keys }) => new Set(keys).size === keys.length),

  'purpose: somebody waits for every read': ({ asks, reads }) =>
    reads.every((read) => asks.some((ask) => ask.outcome === read.outcome)),

  'failure: a read fails for its whole batch, and for no call after it began': ({ asks, reads }) =>
    reads.filter(hasFailed).every((read) => {
      const failed = asks.filter((ask) => readBehind(ask, reads) === read);
      const keys = new Set(failed.flatMap((ask) => ask.keys));
      const isWhole = read.keys.every((key) => keys.has(key));
      return isWhole && failed.every((ask) => ask.askedAt < read.startedAt);
    }),
};

/** Finds the read of a call: results and errors are objects of one read alone. */
function readBehind(ask: Ask, reads: readonly Read[]): Read | undefined {
  return reads.find((read) => read.outcome !== undefined && read.outcome === ask.outcome);
}

function isAnswer(outcome: Answer | Error | undefined): outcome is Answer {
  return outcome !== undefined && !(outcome instanceof Error);
}

function hasFailed({ outcome }: Read): boolean {
  return outcome instanceof Error;
}

function isFoundIfThere(key: string, { outcome }: Ask, writes: readonly Write[]): boolean {
  if (!isAnswer(outcome) || outcome.found.has(key)) return true;
  return !writes.some((write) => write.key === key && write.appliedAt < outcome.readAt);
}

/** Checks that the read has the keys of this call, and no others. */
function hasKeysOnly(ask: Ask, read: Read): boolean {
  return new Set(ask.keys).size === new Set([...ask.keys, ...read.keys]).size;
}

const SCHEDULES = 10_000;

type Create = typeof createSharedReads;

/** A `stuckAfter` that is longer than any schedule takes. */
const NEVER_STUCK = 1_000_000;

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ask: fc.array(key, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ write: key }) },
);

const plans = fc.record({
  limits: fc.record({
    atOnce: fc.integer({ min: 1, max: 2 }),
    mostKeys: fc.integer({ min: 2, max: 4 }),
  }),
  /** Each client begins at a moment of its own, and takes its next step when the last one is done. */
  clients: fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 9 }),
  /** Failures: of the first read, the second, and so on. */
  failing: fc.array(fc.boolean(), { maxLength: 6 }),
});

/** A store that changes while it is read: everything in it takes effect at a scheduled moment. */
function openStore(
  create: Create,
  { limits, failing }: { readonly limits: Limits; readonly failing: readonly boolean[] },
  scheduler: fc.Scheduler,
) {
  const history: History = { asks: [], writes: [], reads: [] };
  const sharedRead = create<Answer>(read, { ...limits, stuckAfter: NEVER_STUCK, endOfTurn });
  let now = 0;

  async function moment(label: string): Promise<number> {
    await scheduler.schedule(Promise.resolve(), label);
    return ++now;
  }

  /** Others may do anything before it: a turn ends as late as the scheduler likes. */
  function endOfTurn(action: () => void): void {
    void moment('a turn ends').then(action);
  }

  async function write(key: string): Promise<void> {
    const appliedAt = await moment(`${key} is written`);
    const written = { key, appliedAt, acknowledgedAt: Number.POSITIVE_INFINITY };
    history.writes.push(written);
    written.acknowledgedAt = await moment(`${key} is acknowledged`);
  }

  async function read(keys: readonly string[]): Promise<Answer> {
    const begun: Read = { keys, startedAt: ++now, endedAt: Number.POSITIVE_INFINITY };
    const number = history.reads.push(begun);
    const readAt = await moment(`read ${number} sees ${keys}`);
    const written = new Set(history.writes.map((write) => write.key));
    const found = new Set(keys.filter((key) => written.has(key)));
    begun.endedAt = await moment(`read ${number} returns`);
    begun.outcome = failing[number - 1] ? new Error(`read ${number}`) : { readAt, found };
    if (begun.outcome instanceof Error) throw begun.outcome;
    return begun.outcome;
  }

  async function ask(keys: readonly string[]): Promise<void> {
    const asked: Ask = { keys, askedAt: ++now };
    history.asks.push(asked);
    asked.outcome = await sharedRead(keys).catch((error: Error) => error);
  }

  return { ask, write, history };
}

/** Asserts every rule in every schedule. */
function keepsTheRules(create: Create, tally = { asks: 0, reads: 0 }) {
  return fc.asyncProperty(plans, fc.scheduler(), async ({ clients, ...plan }, scheduler) => {
    const { ask, write, history } = openStore(create, plan, scheduler);
    for (const steps of clients) {
      void scheduler.schedule(Promise.resolve(), 'a client begins').then(async () => {
        for (const next of steps) await ('ask' in next ? ask(next.ask) : write(next.write));
      });
    }
    await scheduler.waitIdle();
    tally.asks += history.asks.length;
    tally.reads += history.reads.length;
    const broken = Object.entries(RULES).find(([, holds]) => !holds(history, plan.limits));
    if (broken !== undefined) throw new Error(broken[0]);
  });
}

test('in 10,000 schedules each result is fresh and complete, reads are bounded, each call is settled, and a failure stays in its batch', async (t) => {
  const tally = { asks: 0, reads: 0 };
  const property = keepsTheRules(createSharedReads, tally);
  await t.notThrowsAsync(fc.assert(property, { numRuns: SCHEDULES }));
  t.true(tally.asks > 1.3 * tally.reads, 'too few reads were shared to show anything');
  t.log(`${tally.asks} calls shared ${tally.reads} reads`);
});

interface Waiter<Found> {
  readonly keys: readonly string[];
  settle(answer: Promise<Found>): void;
}

/**
 * Shared reads of another make, which wait for no end of a turn. They are sound, so that each of those
 * made of them is caught for its one fault alone.
 */
const sound: Create = (read, { atOnce = 2, mostKeys = 1_000 } = {}) =>
  inTurns(read, atOnce, (waiters) => {
    let count = 1;
    while (count < waiters.length && collectKeys(waiters.slice(0, count + 1)).length <= mostKeys) {
      count++;
    }
    return waiters.splice(0, count);
  });

/** Joins a read that is under way and has the keys: it may have read before the call. */
const joinsRunningRead: Create = (read, options) => {
  const running = new Map<readonly string[], ReturnType<typeof read>>();
  const ask = sound((keys) => {
    const answer = read(keys).finally(() => running.delete(keys));
    running.set(keys, answer);
    return answer;
  }, options);
  return (keys) => {
    const joined = [...running].find(([readKeys]) => keys.every((key) => readKeys.includes(key)));
    return joined?.[1].catch(() => ask(keys)) ?? ask(keys);
  };
};

/** Answers from what was read last, if it was read with the keys. */
const cachesLastAnswer: Create = (read, options) => {
  let last: { keys: readonly string[]; found: Awaited<ReturnType<typeof read>> } | undefined;
  const ask = sound(async (keys) => {
    const found = await read(keys);
    last = { keys, found };
    return found;
  }, options);
  return async (keys) => {
    const isKnown = keys.every((key) => last?.keys.includes(key));
    return last !== undefined && isKnown ? last.found : ask(keys);
  };
};

/** Takes all who wait into one read, and reads only as many keys as may be in it. */
const dropsTail: Create = (read, { atOnce = 2, mostKeys = 1_000 } = {}) =>
  inTurns(
    (keys) => read(keys.slice(0, mostKeys)),
    atOnce,
    (waiters) => waiters.splice(0),
  );

/** Reads for those whom `take` takes from the waiters, while fewer than `atOnce` reads are under way. */
function inTurns<Found>(
  read: SharedRead<Found>,
  atOnce: number,
  take: (waiters: Waiter<Found>[]) => Waiter<Found>[],
): SharedRead<Found> {
  const waiters: Waiter<Found>[] = [];
  let underWay = 0;

  function next(): void {
    if (underWay >= atOnce || waiters.length === 0) return;
    underWay++;
    const taken = take(waiters);
    const answer = read(collectKeys(taken)).finally(() => {
      underWay--;
      next();
    });
    for (const waiter of taken) waiter.settle(answer);
  }

  return (keys) =>
    new Promise((settle) => {
      waiters.push({ keys, settle });
      next();
    });
}

function collectKeys<Found>(waiters: readonly Waiter<Found>[]): readonly string[] {
  return [...new Set(waiters.flatMap((waiter) => waiter.keys))];
}

test('shared reads of another make keep the same rules, so each of the broken ones has one fault alone', async (t) => {
  await t.notThrowsAsync(fc.assert(keepsTheRules(sound), { numRuns: 2_000 }));
});

const caught = test.macro(async (t: ExecutionContext, create: Create, rule: RegExp) => {
  const found = await fc.check(keepsTheRules(create), { numRuns: SCHEDULES });
  t.true(found.failed);
  t.regex((found.errorInstance as Error).message, rule);
  t.log(
    `Caught in run ${found.numRuns} of ${SCHEDULES}, seed ${found.seed}: ${found.errorInstance}`,
  );
});

test('joining a running read breaks freshness', caught, joinsRunningRead, /^freshness:/);
test('caching the last answer breaks freshness', caught, cachesLastAnswer, /^freshness:/);
test('dropping the tail breaks completeness', caught, dropsTail, /^completeness:/);
