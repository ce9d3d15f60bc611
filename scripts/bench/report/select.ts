/** Figures out of the results. */
import type { Measure } from '../loads.ts';
import type { ReportedRow, Results, Run } from '../results.ts';
import { type Figure, median, type RoundValue, ratioOf } from '../statistics.ts';

/** Which runs are meant: of one row, with one load and one pattern. */
export interface Selection extends Measure {
  readonly row: string;
}

/** A figure of one run. */
export type Metric = (run: Run) => number;

export const perSecond: Metric = ({ completed, elapsed }) => (1000 * completed) / elapsed;
export const p50: Metric = (run) => run.p50;
export const p99: Metric = (run) => run.p99;
export const cpuPerRequest: Metric = (run) => run.cpuPerRequest;
/**
 * Which share of one processor the server process used: what is near 1 is bound by the server itself. At
 * most 1, though its two factors are of slightly different times.
 */
export const serverBusy: Metric = (run) => Math.min(1, (run.cpuPerRequest * perSecond(run)) / 1e6);
export const readsPerRequest: Metric = (run) => run.readsPerRequest;

/** The figure in each round it was measured in. */
export function byRound(
  { runs }: Pick<Results, 'runs'>,
  { row, load, pattern }: Selection,
  metric: Metric,
): readonly RoundValue[] {
  return runs
    .filter((run) => run.row === row && run.load === load && run.pattern === pattern)
    .map((run) => ({ round: run.round, value: metric(run) }));
}

/** Its median over the rounds; NaN where there is none. */
export function medianOf(
  results: Pick<Results, 'runs'>,
  selection: Selection,
  metric: Metric,
): number {
  return median(byRound(results, selection, metric).map(({ value }) => value));
}

/** Of two rows under the same load, taken within each round. */
export function ratioBetween(
  results: Pick<Results, 'runs'>,
  above: Selection,
  below: Selection,
  metric: Metric,
): Figure | undefined {
  return ratioOf(byRound(results, above, metric), byRound(results, below, metric));
}

/** Whether a row is there only for how much has been revoked; it stands in a table of its own. */
export function variesEntries({ id }: Pick<ReportedRow, 'id'>): boolean {
  return id.startsWith('revoked-');
}
