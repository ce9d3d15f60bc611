/** Runs a race many times, and tells how it went. */
import type { ExecutionContext } from 'ava';
import { MINUTE, SECOND } from '../../lib/time.ts';

/** How often each race is run: 200 times, or as the environment says. */
export const RACES = parseCount(process.env['RACES'] || '200');

/** Fewer runs are soon over, and need no word about how far they are. */
const LONG_RUN = 500;
const PROGRESS_INTERVAL = 5 * SECOND;

/** Races at once, each with a user of its own: while some wait, others keep both bcrypt threads busy. */
const LANES = 6;

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 100) return count; // Of fewer, 10 % would be chance.
  throw new Error('RACES must be a whole number of at least 100');
}

/** Runs it so many times, some at once, and answers all the results. */
export async function repeat<T>(
  t: ExecutionContext,
  count: number,
  run: (index: number) => Promise<T>,
): Promise<T[]> {
  t.timeout(3 * MINUTE + count * 2 * SECOND);
  const results: T[] = [];
  const stopProgress = showProgress(t.title, () => `${results.length} of ${count}`, count);
  let next = 0;

  async function runLane(): Promise<void> {
    while (next < count) results.push(await run(next++));
  }

  function stop(): void {
    next = count;
    stopProgress();
  }

  await Promise.all(Array.from({ length: LANES }, runLane)).finally(stop);
  return results;
}

function showProgress(title: string, progress: () => string, count: number): () => void {
  if (count < LONG_RUN) return () => undefined;
  const show = () => process.stderr.write(`${title.split(':')[0]}: ${progress()}\n`);
  const timer = setInterval(show, PROGRESS_INTERVAL);
  return () => clearInterval(timer);
}

/** Each value with its share, the most frequent first. */
export function tally(values: readonly string[]): string {
  const counts = [...countOf(values)].sort(([, a], [, b]) => b - a);
  return counts
    .map(([value, count]) => `${value} ${count} (${((count / values.length) * 100).toFixed(1)} %)`)
    .join(' · ');
}

/** Asserts that no race shows a fault; a race that does is printed with it. */
export function assertNoFault<T extends object>(
  t: ExecutionContext,
  races: readonly T[],
  faultOf: (race: T) => string | undefined,
): void {
  const faults = races.map((race) => ({ fault: faultOf(race), ...race }));
  t.deepEqual(
    faults.filter(({ fault }) => fault !== undefined),
    [],
  );
}

/** Shows the two orders, and asserts that each was seen at least 10 % of the time. */
export function assertBothOrders(t: ExecutionContext, orders: readonly string[]): void {
  t.log(`${orders.length} races: ${tally(orders)}`);
  const counts = [...countOf(orders).values()];
  t.is(counts.length, 2, 'Only one order was seen');
  t.true(Math.min(...counts) >= orders.length / 10, 'One order was hardly ever seen');
}

function countOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
