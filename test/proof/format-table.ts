import { markdownTable } from 'markdown-table';

export type Column<T> = readonly [title: string, cell: (value: T) => string | number];

/** Formats a row for each value as Markdown. The first column is text, the others are numbers. */
export function formatTable<T>(values: readonly T[], columns: readonly Column<T>[]): string {
  const titles = columns.map(([title]) => title);
  const rows = values.map((value) => columns.map(([, cell]) => String(cell(value))));
  const align = columns.map((_, index) => (index === 0 ? null : 'right'));
  return markdownTable([titles, ...rows], { align });
}
