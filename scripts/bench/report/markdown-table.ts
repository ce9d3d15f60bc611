import { markdownTable as format } from 'markdown-table';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Formats a table that is Markdown, and readable as it is. */
export function markdownTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const align = columns.map((column) => (column.align === 'right' ? 'right' : null));
  return format([columns.map(({ title }) => title), ...rows], { align });
}
