/** The middle one of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return (low + high) / 2;
}

/**
 * By how much the values differ (largest / smallest - 1); of five or more without the smallest and the
 * largest one, so that one bad round decides nothing.
 */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >= 5 ? sorted.slice(1, -1) : sorted;
  return (middle.at(-1) ?? Number.NaN) / (middle[0] ?? Number.NaN) - 1;
}

/** A figure over all rounds. */
export interface Figure {
  readonly median: number;
  /** The rounds differ by so much that the median says little. */
  readonly isUnsteady: boolean;
}

const MOST_SPREAD = 0.25;

/** The figure of the rounds; undefined where there is no round. */
export function figureOf(values: readonly number[]): Figure | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), isUnsteady: spread(values) > MOST_SPREAD };
}

/** A value of one round. */
export interface RoundValue {
  readonly round: number;
  readonly value: number;
}

/**
 * The ratio over the rounds. Each ratio is taken within one round, whose two sides ran within minutes
 * of each other: a machine that is slower in one round is slower for both.
 */
export function ratioOf(
  numerator: readonly RoundValue[],
  denominator: readonly RoundValue[],
): Figure | undefined {
  const below = new Map(denominator.map(({ round, value }) => [round, value]));
  const ratios = numerator.flatMap(({ round, value }) => {
    const other = below.get(round);
    return other === undefined ? [] : [value / other];
  });
  return figureOf(ratios);
}
