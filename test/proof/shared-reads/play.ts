/** Plays a plan against shared reads, in the order that the scheduler chooses. */
import fc from 'fast-check';
import type { createSharedReads } from '../../../lib/store/mongo/shared-reads.ts';
import type { Answer, Ask, History, Limits, Read, Write } from './rules.ts';

type Step = { readonly ask: readonly string[] } | { readonly write: string };

export interface Plan {
  readonly limits: Limits;
  /** Each client begins at a moment of its own, and takes its next step when the last one is done. */
  readonly clients: readonly (readonly Step[])[];
  /** Failures: of the first read, the second, and so on. */
  readonly failing: readonly boolean[];
}

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ ask: fc.array(key, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ write: key }) },
);

export const plans: fc.Arbitrary<Plan> = fc.record({
  limits: fc.record({
    atOnce: fc.integer({ min: 1, max: 2 }),
    mostKeys: fc.integer({ min: 2, max: 4 }),
  }),
  clients: fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 9 }),
  failing: fc.array(fc.boolean(), { maxLength: 6 }),
});

/** A `stuckAfter` that is longer than any schedule takes. */
export const NEVER_STUCK = 1_000_000;

export async function play(
  create: typeof createSharedReads,
  { limits, clients, failing }: Plan,
  scheduler: fc.Scheduler,
): Promise<History> {
  const { ask, write, history } = openStore(create, { limits, failing }, scheduler);
  for (const steps of clients) void live(steps);
  await scheduler.waitIdle();
  return history;

  async function live(steps: readonly Step[]): Promise<void> {
    await scheduler.schedule(Promise.resolve(), 'a client begins');
    for (const next of steps) await ('ask' in next ? ask(next.ask) : write(next.write));
  }
}

/** A store that changes while it is read: everything in it takes effect at a scheduled moment. */
function openStore(
  create: typeof createSharedReads,
  { limits, failing }: Omit<Plan, 'clients'>,
  scheduler: fc.Scheduler,
) {
  const history = { asks: [] as Ask[], writes: [] as Write[], reads: [] as Read[] };
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
