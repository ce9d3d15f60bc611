import { HOT_AT_50, type Measure, nameMeasure, ROWS, type Row } from './rows.ts';

/** Measurements beside the rows, see experiments/. */
export const EXPERIMENTS = [
  'endpoints',
  'logins',
  'me-beside-logins',
  'memory',
  'storage',
] as const;

export type ExperimentName = (typeof EXPERIMENTS)[number];

/** Everything that one call of the bench measures. Times are milliseconds. */
export type Plan = ReturnType<typeof makePlan>;

/** One start of a row's server, with the measures that are taken of it in turn. */
export interface Run {
  readonly row: Row;
  readonly measures: readonly Measure[];
}

const QUICK_ENTRIES = 1_000_000;

/**
 * Makes the plan.
 *
 * @param options.only - ids of rows and experiments; a `*` at the end stands for any end. Default: all.
 */
export function makePlan(options: { quick?: boolean; rounds?: number; only?: readonly string[] }) {
  const { quick = false, rounds = quick ? 1 : 5, only } = options;
  const isWanted = (id: string) => only === undefined || only.some((name) => matches(name, id));
  const rows = ROWS.filter(({ id }) => isWanted(id));
  // A quick run leaves the memory out: 100,000 tokens used twice take a minute.
  const experiments = EXPERIMENTS.filter((id) => isWanted(id) && !(quick && id === 'memory'));
  return {
    quick,
    rounds,
    rows: quick ? reduceRows(rows) : rows,
    experiments: new Set(experiments),
    /** Warm-up of each server: the larger ones are compiled only after some five seconds of load. */
    warmUp: quick ? 2_000 : 6_000,
    /** More warm-up by new tokens, where those are measured. */
    coldWarmUp: quick ? 700 : 2_000,
    /** Measured time of each measurement, and the time before it that does not count. */
    duration: 2_500,
    leadIn: 500,
  };
}

/** Returns the names that match neither a row nor an experiment. */
export function findUnknownNames(names: readonly string[]): readonly string[] {
  const ids = [...ROWS.map(({ id }) => id), ...EXPERIMENTS];
  return names.filter((name) => !ids.some((id) => matches(name, id)));
}

function matches(name: string, id: string): boolean {
  return name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name;
}

/** Keeps 50 connections, and known tokens at a fixed rate, of the rows with at most 1 M entries. */
function reduceRows(rows: readonly Row[]): readonly Row[] {
  const isQuick = (measure: Measure) =>
    measure.load === '50 connections' || nameMeasure(measure) === '200/s, hot';
  return rows
    .filter(({ entries }) => entries <= QUICK_ENTRIES)
    .map((row) => ({ ...row, measures: row.measures.filter(isQuick) }));
}

/**
 * Lists the runs of a round: first every row with its main measure, then with revoked tokens, then with the
 * rest, since servers are comparable only after the same load. Each round begins with another row, and every
 * other round goes backwards, so that no row always follows the same one.
 */
export function listRuns(rows: readonly Row[], round: number): readonly Run[] {
  const ordered = rotate(rows, round);
  if (round % 2 === 1) ordered.reverse();
  const runs = ['main', 'revoked', 'rest'].flatMap((pass) =>
    ordered.map((row) => ({
      row,
      measures: row.measures.filter((each) => findPass(each) === pass),
    })),
  );
  return runs.filter(({ measures }) => measures.length > 0);
}

function findPass(measure: Measure): string {
  if (nameMeasure(measure) === nameMeasure(HOT_AT_50)) return 'main';
  return measure.pattern.endsWith('revoked') ? 'revoked' : 'rest';
}

/** Returns the list beginning with its element number `by`, modulo the length. */
export function rotate<T>(list: readonly T[], by: number): T[] {
  const first = by % Math.max(1, list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}
