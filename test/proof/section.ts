import type { ExecutionContext } from 'ava';
import { markdownTable } from 'markdown-table';
import type { Scope } from '../helpers/scope.ts';

/** Amount of work: `full` by `npm run proof`, a `share` of it by the tests. */
export type Size = 'full' | 'share';

/** Choices of the command line. */
export interface SectionOptions {
  /** Names of the faults to strike. Default: all. */
  readonly faults?: readonly string[];
  /** Rounds of each fault or situation. Default: its own number. */
  readonly rounds?: number;
  /** Faults that are played at the same time, each on a deployment of its own. Default 2. */
  readonly workers?: number;
  /** Folder for the histories of rounds with a breach. Default: a temporary one. */
  readonly folder?: string;
}

export interface SectionContext extends SectionOptions {
  /** Ends everything that the section started. */
  readonly scope: Scope;
  readonly size: Size;
  /** Shows the progress. */
  readonly detail: (text: string) => void;
}

export interface Finding {
  /** Counts and measurements, as lines of Markdown. */
  readonly report: readonly string[];
  /** A sentence for each violation of the promise. */
  readonly faults: readonly string[];
}

/** A part of `npm run proof`. */
export interface Section {
  /** Name on the command line, in kebab-case. */
  readonly name: string;
  readonly title: string;
  run(context: SectionContext): Promise<Finding>;
}

/** Asserts that the share of a section that the tests run finds no fault. Returns its report. */
export async function assertShare(
  t: ExecutionContext,
  section: Section,
  options: SectionOptions = {},
) {
  const detail = () => undefined;
  const { report, faults } = await section.run({ scope: t, size: 'share', detail, ...options });
  t.deepEqual(faults, [], report.join('\n'));
  return report;
}

type Column<T> = readonly [title: string, cell: (value: T) => string | number];

/** Formats a row for each value as Markdown. The first column is text, the others are numbers. */
export function formatTable<T>(values: readonly T[], columns: readonly Column<T>[]): string {
  const titles = columns.map(([title]) => title);
  const rows = values.map((value) => columns.map(([, cell]) => String(cell(value))));
  const align = columns.map((_, index) => (index === 0 ? null : 'right'));
  return markdownTable([titles, ...rows], { align });
}
