/** Spelling of figures and tables. A figure that was not measured is a dash. */
import { markdownTable } from 'markdown-table';
import type { Figure } from './statistics.ts';

export const NOT_MEASURED = '–';

/** A column of a table, with the text of its cell for each row. */
export interface Column<Row> {
  readonly title: string;
  readonly align: 'right' | null;
  readonly cell: (row: Row) => string;
}

export function left<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: null, cell };
}

export function right<Row>(title: string, cell: (row: Row) => string): Column<Row> {
  return { title, align: 'right', cell };
}

/** Formats rows as a Markdown table; without rows there is none. */
export function formatTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const align = columns.map((column) => column.align);
  return markdownTable([columns.map(({ title }) => title), ...lines], { align });
}

/** `12,345` */
export const whole = orDash((value) => Math.round(value).toLocaleString('en'));

/** Three significant digits: `0.123`, `1.23`, `12.3`, `123`. */
export const short = orDash((value) => {
  if (value === 0) return '0';
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(digits);
});

/** `12 %` */
export const percent = orDash((share) => `${Math.round(100 * share)} %`);

/** `12.3 MB`, of 1,000,000 bytes */
export const megabytes = orDash((bytes) => `${short(bytes / 1e6)} MB`);

/** A ratio, or `unsteady` when its rounds differ too much. */
export function ratio(figure: Figure | undefined): string {
  return figure?.isUnsteady ? 'unsteady' : short(figure?.median);
}

function orDash(format: (value: number) => string) {
  return (value = Number.NaN) => (Number.isNaN(value) ? NOT_MEASURED : format(value));
}
