import type { Scope } from '../helpers/scope.ts';

/** How much of a section is run: all of it by `npm run proof`, a share of it by `npm test`. */
export type Size = 'full' | 'share';

/** What a section is given. */
export interface Surroundings {
  /** Ends what the section started, the last thing first. */
  readonly owner: Scope;
  readonly size: Size;
  /** Shows how far the work is. */
  readonly detail: (text: string) => void;
}

/** What came of a section. */
export interface Finding {
  /** What was counted and measured, as Markdown: a table, or lines. */
  readonly report: readonly string[];
  /** What must not have been, one sentence each; empty where the promise held. */
  readonly faults: readonly string[];
}

/** One part of `npm run proof`. */
export interface Section {
  /** In kebab-case, as it is asked for on the command line. */
  readonly name: string;
  readonly title: string;
  run(surroundings: Surroundings): Promise<Finding>;
}
