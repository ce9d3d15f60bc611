/** The difference between two samples of times. */
export interface Comparison {
  /** Median of the second less that of the first, in the unit of the samples. */
  readonly difference: number;
  /** The range of that difference in 95 of 100 resamplings (percentile bootstrap). */
  readonly interval: readonly [low: number, high: number];
  /**
   * The share of pairs in which the value of the second is greater, ties counting half (Mann-Whitney's U by
   * its greatest value): 0.5 where a single time tells nothing, 1 where it tells all.
   */
  readonly chance: number;
  /** Mann-Whitney, two-sided, by the normal approximation: the likelihood of such a U where nothing differs. */
  readonly pValue: number;
}

const RESAMPLINGS = 2_000;

/** Compares two samples of some hundreds each. */
export function compare(first: readonly number[], second: readonly number[]): Comparison {
  const differ = () => median(resample(second)) - median(resample(first));
  const differences = Array.from({ length: RESAMPLINGS }, differ).sort((one, two) => one - two);
  const at = (share: number) => differences[Math.round(share * (RESAMPLINGS - 1))] ?? Number.NaN;
  const [n, m] = [first.length, second.length];
  const pairs = first.flatMap((one) => second.map((two) => (Math.sign(two - one) + 1) / 2));
  const chance = pairs.reduce((sum, win) => sum + win, 0) / (n * m);
  // U is normal for samples as large as these, with variance n·m·(n+m+1)/12; there are no ties to correct for.
  const deviations = (Math.abs(chance - 0.5) * n * m) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return {
    difference: median(second) - median(first),
    interval: [at(0.025), at(0.975)],
    chance,
    pValue: Math.min(1, 2 * computeUpperTail(deviations)),
  };
}

/** Returns the middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, two) => one - two);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
}

function resample(values: readonly number[]): number[] {
  return values.map(() => values[Math.floor(Math.random() * values.length)] ?? Number.NaN);
}

/** The upper tail of the normal distribution; Abramowitz and Stegun 26.2.17, good to 7 digits. */
function computeUpperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduceRight((rest, term) => t * (term + rest), 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}
