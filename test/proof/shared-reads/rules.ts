/** The rules of shared reads, judged by what happened alone: moments on one logical clock. */

export interface Limits {
  readonly atOnce: number;
  readonly mostKeys: number;
}

export interface Answer {
  /** The time of the read in the store, between the start of the read and its return. */
  readonly readAt: number;
  readonly found: ReadonlySet<string>;
}

interface Write {
  readonly key: string;
  readonly appliedAt: number;
  acknowledgedAt: number;
}

export interface Read {
  readonly keys: readonly string[];
  readonly startedAt: number;
  endedAt: number;
  outcome?: Answer | Error;
}

export interface Ask {
  readonly keys: readonly string[];
  readonly askedAt: number;
  outcome?: Answer | Error;
}

export interface History {
  readonly asks: Ask[];
  readonly writes: Write[];
  readonly reads: Read[];
}

type Rule = (history: History, limits: Limits) => boolean;

const rules: Readonly<Record<string, Rule>> = {
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

/** The first rule that does not hold, or undefined when all do. */
export function brokenRule(history: History, limits: Limits): string | undefined {
  return Object.entries(rules).find(([, holds]) => !holds(history, limits))?.[0];
}

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
