import { type Column, formatTable } from '../format-table.ts';

/** Counts the outcomes of each mutator. */
export function createTally() {
  const rows: Record<string, Record<string, number>> = {};
  const all: Record<string, number> = {};

  return {
    add(mutator: string, outcome: string): void {
      const row = rows[mutator] ?? {};
      rows[mutator] = row;
      for (const counts of [row, all]) counts[outcome] = (counts[outcome] ?? 0) + 1;
    },
    /** Counts an outcome over all mutators. */
    count: (outcome: string): number => all[outcome] ?? 0,
    get total(): number {
      return Object.values(all).reduce((total, count) => total + count, 0);
    },
    /** Prints a Markdown table: a row for each mutator, a column for each outcome. */
    table(heading: string): string {
      type Row = readonly [mutator: string, counts: Record<string, number>];
      const outcomes = Object.keys(all).sort();
      const counts = outcomes.map(
        (outcome): Column<Row> => [outcome, ([, row]) => row[outcome] ?? '–'],
      );
      const sorted = Object.entries(rows).sort(([one], [other]) => (one < other ? -1 : 1));
      return formatTable<Row>(
        [...sorted, ['all', all]],
        [[heading, ([mutator]) => mutator], ...counts],
      );
    },
  };
}
