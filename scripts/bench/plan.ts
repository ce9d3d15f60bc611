import { type LoadName, type Measure, MOST_PER_SECOND } from './loads.ts';
import { ROWS, type Row } from './rows.ts';

/** What is measured beside the rows: see the file of the same name. */
export const EXPERIMENTS = ['logins', 'me-beside-logins', 'memory', 'storage'] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

/** What one call of the bench does. Times are milliseconds. */
export interface Plan {
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one run: what is measured, and what comes before it. */
  readonly duration: number;
  readonly leadIn: number;
  /** Of each server before its first run. */
  readonly warmUp: number;
  /**
   * Whether every round starts servers of its own. What the compiler makes of a program, and where its
   * memory lies, differ from start to start by some per cent: one start for all rounds would give a row
   * its luck in every round, and five starts let the median see it. All servers of a round run at once
   * (the idle ones do nothing), so that rows with the same load are measured within a minute.
   */
  readonly freshServers: boolean;
  readonly rows: readonly Row[];
  readonly experiments: ReadonlySet<Experiment>;
}

export interface PlanOptions {
  readonly quick?: boolean | undefined;
  readonly rounds?: number | undefined;
  /** Ids of rows and experiments, or beginnings of ids with a `*`. Default: all. */
  readonly only?: readonly string[] | undefined;
}

const MOST_ENTRIES_QUICK = 1_000_000;

/** New tokens at a fixed rate are left out: they tell least, and 5 minutes are short. */
const QUICK_MEASURES: readonly string[] = [
  { load: '50 connections', pattern: 'hot' },
  { load: '50 connections', pattern: 'cold' },
  { load: '50 connections', pattern: '1 % revoked' },
  { load: '50 connections', pattern: '50 % revoked' },
  { load: '200/s', pattern: 'hot' },
].map((measure) => keyOf(measure as Measure));

export function makePlan({ quick = false, rounds, only }: PlanOptions): Plan {
  const wanted = (id: string) => only === undefined || only.some((name) => matches(name, id));
  const rows = ROWS.filter(({ id }) => wanted(id));
  const shared = { quick, experiments: new Set(EXPERIMENTS.filter(wanted)) };
  if (!quick) {
    const times = { duration: 2_500, leadIn: 500, warmUp: 2_000 };
    return { ...shared, ...times, rows, rounds: rounds ?? 5, freshServers: true };
  }
  const times = { duration: 1_000, leadIn: 300, warmUp: 2_000 };
  return { ...shared, ...times, rows: quickRows(rows), rounds: rounds ?? 3, freshServers: false };
}

/** Names that are neither a row nor an experiment. */
export function unknownNames(names: readonly string[]): readonly string[] {
  const ids = [...ROWS.map(({ id }) => id), ...EXPERIMENTS];
  return names.filter((name) => !ids.some((id) => matches(name, id)));
}

function matches(name: string, id: string): boolean {
  return name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name;
}

function quickRows(rows: readonly Row[]): readonly Row[] {
  return rows
    .filter(({ entries }) => entries <= MOST_ENTRIES_QUICK)
    .map((row) => ({
      ...row,
      measures: row.measures.filter((measure) => QUICK_MEASURES.includes(keyOf(measure))),
    }));
}

/** One measure of one row. */
export interface Cell {
  readonly row: Row;
  readonly measure: Measure;
}

/**
 * All that a round measures, in its order: one load and pattern after the other, and of each all rows.
 * Another row comes first in each round, and every other round goes backwards, so that no row always
 * follows the same one.
 */
export function cellsOfRound(rows: readonly Row[], round: number): readonly Cell[] {
  const keys = new Map<string, Measure>();
  for (const { measures } of rows) {
    for (const measure of measures) keys.set(keyOf(measure), measure);
  }
  return [...keys].flatMap(([key, measure]) => {
    const measured = rows.filter(({ measures }) => measures.some((each) => keyOf(each) === key));
    const ordered = rotated(measured, round);
    const turned = round % 2 === 0 ? ordered : ordered.toReversed();
    return turned.map((row) => ({ row, measure }));
  });
}

/** Tells one measure from another, and reads well. */
export function keyOf({ load, pattern }: Measure): string {
  return `${load}, ${pattern}`;
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

/** How many tokens a cold run may use up. */
export function coldTokens(
  { duration, leadIn }: Pick<Plan, 'duration' | 'leadIn'>,
  load: LoadName,
): number {
  return Math.ceil((MOST_PER_SECOND[load] * (duration + leadIn)) / 1000);
}
