import type { ExecutionContext } from 'ava';
import { MINUTE, SECOND } from '../../../lib/time.ts';

/** Random runs of each race: 200, or as the environment says. */
export const RACES = parseCount(process.env['RACES'] || '200');

/** Fewer runs are soon over and report no progress. */
const LONG_RUN = 500;
const PROGRESS_INTERVAL = 5 * SECOND;

/** Runs at once, each with a user of its own: while some wait, others keep the bcrypt threads busy. */
const WORKERS = 6;

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 100) return count;
  throw new Error('RACES must be a whole number of at least 100');
}

/** Runs it once for each item, some at once, and returns all results. */
export async function repeat<Item, T>(
  t: ExecutionContext,
  items: readonly Item[],
  run: (item: Item, index: number) => Promise<T>,
): Promise<T[]> {
  t.timeout(3 * MINUTE, 'no run has ended for so long');
  const results: T[] = [];
  const left = [...items.entries()];
  const show = () => {
    const progress = `${results.length} of ${items.length}`;
    process.stderr.write(`${t.title.split(':')[0]}: ${progress}\n`);
  };
  const timer = items.length < LONG_RUN ? undefined : setInterval(show, PROGRESS_INTERVAL);

  async function work(): Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, item] = next;
      results.push(await run(item, index));
      t.pass(); // which starts the timeout anew
    }
  }

  await Promise.all(Array.from({ length: WORKERS }, work)).finally(() => {
    clearInterval(timer);
    left.length = 0;
  });
  return results;
}

/** Each value with its share, the most frequent first. */
export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => `${value} ${count} (${((count / values.length) * 100).toFixed(1)} %)`)
    .join(' · ');
}
