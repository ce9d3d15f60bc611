import { markdownTable } from '../../scripts/bench/report/markdown-table.ts';

export type Column<T> = readonly [title: string, cell: (value: T) => string | number];

/** Formats a row for each value as Markdown. The first column is text, the others are numbers. */
export function formatTable<T>(values: readonly T[], columns: readonly Column<T>[]): string {
  const titles = columns.map(([title], index) => {
    const align = index === 0 ? ('left' as const) : ('right' as const);
    return { title, align };
  });
  const rows = values.map((value) => columns.map(([, cell]) => String(cell(value))));
  return markdownTable(titles, rows);
}
