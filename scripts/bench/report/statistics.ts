import { max, median as middle, min } from 'simple-statistics';
import type { Measured, Results } from '../results.ts';
import { HOT_AT_50, type Measure } from '../rows.ts';

/** A figure over all rounds, `isUnsteady` when the rounds differ too much for the median to mean anything. */
export type Figure = NonNullable<ReturnType<typeof summarize>>;

/** A figure of one measurement. */
export type Metric = (measured: Measured) => number;

const MAX_SPREAD = 0.25;

export const perSecond: Metric = ({ completed, elapsed }) => (1000 * completed) / elapsed;
export const cpuPerRequest: Metric = ({ cpuPerRequest = Number.NaN }) => cpuPerRequest;
export const readsPerRequest: Metric = (measured) => measured.readsPerRequest;
/** Share of one processor that the server used; capped, since its factors are of slightly different times. */
export const serverBusy: Metric = (measured) =>
  Math.min(1, (cpuPerRequest(measured) * perSecond(measured)) / 1e6);

/** Returns the measurements of a row, one of each round. */
export function select({ runs }: Results, id: string, { load, pattern }: Measure = HOT_AT_50) {
  return runs.filter((run) => run.row === id && run.load === load && run.pattern === pattern);
}

/** Returns the median; NaN when there is no value. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : middle([...values]);
}

/**
 * Returns by how much the values differ (largest / smallest - 1). The smallest and the largest of five or more
 * do not count, so that one bad round decides nothing.
 */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const counted = sorted.length >= 5 ? sorted.slice(1, -1) : sorted;
  return max(counted) / min(counted) - 1;
}

/** Summarizes the values of all rounds; undefined when there is no round. */
export function summarize(values: readonly number[]) {
  if (values.length === 0) return undefined;
  return { median: median(values), isUnsteady: spread(values) > MAX_SPREAD };
}

/** Summarizes ratios that are taken within each round: a slower machine is slower for both sides. */
export function compare(
  above: readonly Measured[],
  below: readonly Measured[] = [],
  metric: Metric = perSecond,
): Figure | undefined {
  const ratios = above.flatMap((each) => {
    const other = below.find(({ round }) => round === each.round);
    return other === undefined ? [] : [metric(each) / metric(other)];
  });
  return summarize(ratios);
}
