import { markdownTable } from '../../../scripts/bench/report/markdown-table.ts';

/** Counts of outcomes for each mutator. */
export type Tally = ReturnType<typeof createTally>;

const ALL = 'all';

export function createTally() {
  const rows: Record<string, Record<string, number>> = { [ALL]: {} };
  const sums = rows[ALL] ?? {};

  return {
    add(mutator: string, outcome: string): void {
      for (const name of [mutator, ALL]) {
        rows[name] ??= {};
        rows[name][outcome] = (rows[name][outcome] ?? 0) + 1;
      }
    },
    /** Counts an outcome over all mutators. */
    count: (outcome: string): number => sums[outcome] ?? 0,
    get total(): number {
      return Object.values(sums).reduce((total, count) => total + count, 0);
    },
    /** Prints a Markdown table: a row for each mutator, a column for each outcome. */
    table(heading: string): string {
      const outcomes = Object.keys(sums).sort();
      const mutators = Object.keys(rows).sort(
        (one, two) => Number(one === ALL) - Number(two === ALL) || (one < two ? -1 : 1),
      );
      return markdownTable(
        [{ title: heading }, ...outcomes.map((title) => ({ title, align: 'right' as const }))],
        mutators.map((name) => [
          name,
          ...outcomes.map((outcome) => String(rows[name]?.[outcome] ?? '–')),
        ]),
      );
    },
  };
}
