import type { ExecutionContext } from 'ava';
import type { Scope } from '../helpers/scope.ts';

/** Amount of work: `full` by `npm run proof`, a `share` of it by the tests. */
export type Size = 'full' | 'share';

export interface SectionContext {
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
export async function assertShare(t: ExecutionContext, section: Section) {
  const detail = () => undefined;
  const { report, faults } = await section.run({ scope: t, size: 'share', detail });
  t.deepEqual(faults, [], report.join('\n'));
  return report;
}
