import { HOT_AT_50, type Measure } from './loads.ts';
import { ROWS, type Row } from './rows.ts';

/** What is measured beside the rows: see the file of the same name. */
export const EXPERIMENTS = [
  'endpoints',
  'logins',
  'me-beside-logins',
  'memory',
  'storage',
] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

/** What one call of the bench does. Times are milliseconds. */
export interface Plan {
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one run: what is measured, and what comes before it. */
  readonly duration: number;
  readonly leadIn: number;
  /**
   * Of each server before its first run: until the compiler is done with it, which takes the larger ones
   * some five seconds.
   */
  readonly warmUp: number;
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

const RUN = { duration: 2_500, leadIn: 500 };

export function makePlan({ quick = false, rounds, only }: PlanOptions): Plan {
  const wanted = (id: string) => only === undefined || only.some((name) => matches(name, id));
  const rows = ROWS.filter(({ id }) => wanted(id));
  const shared = { ...RUN, quick, experiments: new Set(EXPERIMENTS.filter(wanted)) };
  return quick
    ? { ...shared, warmUp: 2_000, rows: quickRows(rows), rounds: rounds ?? 1 }
    : { ...shared, warmUp: 6_000, rows, rounds: rounds ?? 5 };
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

/** One start of a row's server, and what is measured of it, one after the other. */
export interface Turn {
  readonly row: Row;
  readonly measures: readonly Measure[];
}

/**
 * The turns of a round: first each row with known tokens at 50 connections, then with revoked ones among
 * them, then by all the rest. Another row comes first in each round, and every other round goes backwards,
 * so that no row always follows the same one.
 */
export function turnsOfRound(rows: readonly Row[], round: number): readonly Turn[] {
  const ordered = rotated(rows, round);
  const turned = round % 2 === 0 ? ordered : ordered.toReversed();
  return (['main', 'refusals', 'rest'] as const).flatMap((pass) =>
    turned
      .map((row) => ({ row, measures: row.measures.filter((measure) => passOf(measure) === pass) }))
      .filter(({ measures }) => measures.length > 0),
  );
}

/** What is compared has to be measured on servers that have gone through the same before. */
function passOf(measure: Measure): 'main' | 'refusals' | 'rest' {
  if (keyOf(measure) === keyOf(HOT_AT_50)) return 'main';
  return measure.pattern.endsWith('revoked') ? 'refusals' : 'rest';
}

/** Tells one measure from another, and reads well. */
export function keyOf({ load, pattern }: Measure): string {
  return `${load}, ${pattern}`;
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const first = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
