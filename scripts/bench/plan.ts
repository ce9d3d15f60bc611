import type { Environment } from './environment.ts';
import { measureAtRest } from './experiments/at-rest.ts';
import { measureLogouts } from './experiments/logouts.ts';
import { profileRows } from './experiments/profile.ts';
import { measureMemory, measureStorage } from './experiments/space.ts';
import type { Findings } from './results.ts';
import { type Measure, nameMeasure, ROWS, type Row, rotate } from './rows.ts';

type Experiment = (environment: Environment) => Promise<Partial<Findings>>;

/**
 * Measurements beside the rows, once each, and the seconds that they take about. The last ones let everything use all
 * processors.
 */
export const EXPERIMENTS: Readonly<Record<string, readonly [number, Experiment]>> = {
  profile: [42, profileRows],
  memory: [65, measureMemory],
  storage: [1, measureStorage],
  logouts: [85, measureLogouts],
  'at-rest': [80, measureAtRest],
};

/** Everything that one call of the bench measures. Times are milliseconds. */
export type Plan = ReturnType<typeof makePlan>;

const QUICK_ENTRIES = 1_000_000;

export interface PlanOptions {
  readonly quick?: boolean;
  readonly rounds?: number;
  /** Only these rows and experiments: a `*` at an end stands for any end. */
  readonly only?: readonly string[];
  /** The folder of the results, where profiles go too. */
  readonly out: string;
}

export function makePlan({ quick = false, rounds = quick ? 1 : 5, only, out }: PlanOptions) {
  const isWanted = (id: string) => only === undefined || only.some((name) => matches(name, id));
  const rows = ROWS.filter(({ id }) => isWanted(id));
  // A quick run leaves the memory out: 200,000 tokens take half a minute.
  const omitted = quick && only === undefined ? 'memory' : '';
  return {
    quick,
    rounds,
    out,
    rows: quick ? reduceRows(rows) : rows,
    experiments: Object.keys(EXPERIMENTS).filter((id) => isWanted(id) && id !== omitted),
    /** Warm-up of each server: the larger ones are compiled only after some five seconds of load. */
    warmUp: quick ? 3_000 : 5_000,
    /** More warm-up by new tokens, where those are measured. */
    coldWarmUp: quick ? 700 : 2_000,
    /** Measured time of each measurement, and the time before it that does not count. */
    duration: 2_000,
    leadIn: 500,
  };
}

/** Returns the names that match neither a row nor an experiment. */
export function findUnknownNames(names: readonly string[]): readonly string[] {
  const ids = [...ROWS.map(({ id }) => id), ...Object.keys(EXPERIMENTS)];
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
 * Lists the rows of a round in their order. Each round begins with another row, and every other round goes backwards, so
 * that no row always follows the same one.
 */
export function orderRows(rows: readonly Row[], round: number): readonly Row[] {
  const ordered = rotate(rows, round);
  return round % 2 === 1 ? ordered.reverse() : ordered;
}
