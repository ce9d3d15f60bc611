/** From and to. */
export type Interval = readonly [low: number, high: number];

/** How two samples of times differ. */
export interface Comparison {
  /** Median of the second less that of the first, in the unit of the samples. */
  readonly difference: number;
  /** Where that difference lies in 95 of 100 resamplings (percentile bootstrap). */
  readonly interval: Interval;
  /**
   * How often a value of the second is greater than one of the first, ties counting half (Mann-Whitney's U
   * by its greatest value): 0.5 where a single time tells nothing, 1 where it tells all.
   */
  readonly chance: number;
  /** Mann-Whitney, two-sided, by the normal approximation: how likely such a U is where there is no difference. */
  readonly pValue: number;
}

const RESAMPLINGS = 2_000;

/** Compares two samples of some hundreds each. */
export function compare(first: readonly number[], second: readonly number[]): Comparison {
  const differences = Array.from(
    { length: RESAMPLINGS },
    () => median(resampled(second)) - median(resampled(first)),
  ).sort((a, b) => a - b);
  const at = (share: number) => differences[Math.round(share * (RESAMPLINGS - 1))] ?? Number.NaN;
  const chance = chanceOfGreater(first, second);
  return {
    difference: median(second) - median(first),
    interval: [at(0.025), at(0.975)],
    chance,
    pValue: pValueOf(chance, first.length, second.length),
  };
}

function resampled(values: readonly number[]): number[] {
  return values.map(() => values[Math.floor(Math.random() * values.length)] ?? Number.NaN);
}

function chanceOfGreater(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const one of first) {
    for (const two of second) wins += two > one ? 1 : two === one ? 0.5 : 0;
  }
  return wins / (first.length * second.length);
}

/** U is normal for samples as large as these, with variance n·m·(n+m+1)/12 (no correction for ties: there are none). */
function pValueOf(chance: number, n: number, m: number): number {
  const deviations = (Math.abs(chance - 0.5) * n * m) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return Math.min(1, 2 * upperTail(deviations));
}

/** Of the normal distribution; Abramowitz and Stegun 26.2.17, good to 7 digits. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduceRight((rest, term) => t * (term + rest), 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/** Returns the median; NaN when there is no value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
