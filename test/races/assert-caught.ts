import type { ExecutionContext } from 'ava';
import { repeat, tally } from './repeat.ts';

const RUNS = 20;

export interface Caught<A> {
  /** Where the race is run: the arena, and the same with one thing exchanged. */
  readonly intact: A;
  readonly broken: A;
  /** What the broken one shows. */
  readonly fault: string;
  /** Runs one race at a barrier, and answers the fault that it shows. */
  readonly at: (arena: A) => Promise<string | undefined>;
}

/** The broken variant shows this fault every time, and the intact one none at the same barrier. */
export async function assertAlwaysCaught<A>(
  t: ExecutionContext,
  { intact, broken, fault, at }: Caught<A>,
): Promise<void> {
  const runs = await repeat(t, RUNS, async () => ({
    broken: await at(broken),
    intact: await at(intact),
  }));
  t.deepEqual(new Set(runs.map((run) => run.broken)), new Set([fault]));
  t.deepEqual(new Set(runs.map((run) => run.intact)), new Set([undefined]));
  t.log(`Broken: ${tally(runs.map((run) => run.broken ?? 'no fault'))}`);
  t.log(`Intact: ${tally(runs.map((run) => run.intact ?? 'no fault'))}`);
}
