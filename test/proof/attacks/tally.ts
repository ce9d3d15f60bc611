/** How often each mutator was used, and what it was answered. */
export interface Tally {
  count(mutator: string, outcome: string): void;
  of(outcome: string): number;
  readonly total: number;
  /** A Markdown table: a row for each mutator, a column for each outcome. */
  table(heading: string): readonly string[];
}

export function createTally(): Tally {
  const counts = new Map<string, Map<string, number>>();

  const outcomes = () =>
    [...new Set([...counts.values()].flatMap((row) => [...row.keys()]))].sort();
  const sum = (numbers: Iterable<number>) =>
    [...numbers].reduce((total, number) => total + number, 0);
  const row = (name: string, of: (outcome: string) => number) =>
    `| ${[name, ...outcomes().map((outcome) => String(of(outcome) || '–'))].join(' | ')} |`;
  const of = (outcome: string) => sum([...counts.values()].map((seen) => seen.get(outcome) ?? 0));

  return {
    count(mutator, outcome) {
      const seen = counts.get(mutator) ?? new Map<string, number>();
      counts.set(mutator, seen.set(outcome, (seen.get(outcome) ?? 0) + 1));
    },
    of,
    get total() {
      return sum([...counts.values()].flatMap((seen) => [...seen.values()]));
    },
    table(heading) {
      const names = [...counts.keys()].sort();
      return [
        `| ${[heading, ...outcomes()].join(' | ')} |`,
        `|---|${outcomes()
          .map(() => '---:|')
          .join('')}`,
        ...names.map((name) => row(name, (outcome) => counts.get(name)?.get(outcome) ?? 0)),
        row('all', of),
      ];
    },
  };
}
