import type { Environment } from './environment.ts';
import { measureEndpoints } from './experiments/endpoints.ts';
import { measureBesideLogins, measureLogins } from './experiments/logins.ts';
import { measureMemory, measureStorage } from './experiments/space.ts';
import type { Findings } from './results.ts';
import { HOT_AT_50, type Measure, nameMeasure, ROWS, type Row, rotate } from './rows.ts';

type Experiment = (environment: Environment, round: number) => Promise<Partial<Findings>>;

/** Measurements beside the rows: the seconds that a round of a full run takes about, and how many there are at most. */
export const EXPERIMENTS: Readonly<Record<string, readonly [number, Experiment, number?]>> = {
  endpoints: [57, measureEndpoints],
  logins: [20, measureLogins],
  'me-beside-logins': [38, measureBesideLogins],
  memory: [130, measureMemory, 1],
  storage: [1, measureStorage, 1],
};

/** Everything that one call of the bench measures. Times are milliseconds. */
export type Plan = ReturnType<typeof makePlan>;

/** One start of a row's server, with the measures that are taken of it in turn. */
export type Run = ReturnType<typeof listRuns>[number];

const QUICK_ENTRIES = 1_000_000;

/** Makes the plan, for `only` these rows and experiments if some are named: a `*` at an end stands for any end. */
export function makePlan(options: { quick?: boolean; rounds?: number; only?: readonly string[] }) {
  const { quick = false, rounds = quick ? 1 : 5, only } = options;
  const isWanted = (id: string) => only === undefined || only.some((name) => matches(name, id));
  const rows = ROWS.filter(({ id }) => isWanted(id));
  // A quick run leaves the memory out: 100,000 tokens used twice take a minute.
  const omitted = quick ? 'memory' : '';
  const experiments = Object.keys(EXPERIMENTS).filter((id) => isWanted(id) && id !== omitted);
  return {
    quick,
    rounds,
    rows: quick ? reduceRows(rows) : rows,
    experiments,
    /** Warm-up of each server: the larger ones are compiled only after some five seconds of load. */
    warmUp: quick ? 2_000 : 6_000,
    /** More warm-up by new tokens, where those are measured. */
    coldWarmUp: quick ? 700 : 2_000,
    /** Measured time of each measurement, and the time before it that does not count. */
    duration: 2_500,
    leadIn: 500,
    /** Measured time of the logins. */
    loginTime: quick ? 3_000 : 10_000,
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
 * Lists the runs of a round: first every row with its main measure, then with revoked tokens, then with the
 * rest, since servers are comparable only after the same load. Each round begins with another row, and every
 * other round goes backwards, so that no row always follows the same one.
 */
export function listRuns(rows: readonly Row[], round: number) {
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
