/** Times that were measured, kept one by one: percentiles are exact. */
export interface Samples {
  add(milliseconds: number): void;
  readonly count: number;
  /** The least sample that `share` (0 to 1) of all do not exceed, in milliseconds; NaN where there is none. */
  percentile(share: number): number;
}

/** No samples yet. A run of a few seconds has some ten thousand, 8 bytes each. */
export function createSamples(): Samples {
  let times = new Float64Array(1024);
  let count = 0;
  let sorted = true;

  return {
    add(milliseconds) {
      if (count === times.length) times = grown(times);
      times[count++] = milliseconds;
      sorted = false;
    },
    get count() {
      return count;
    },
    percentile(share) {
      if (!sorted) times.subarray(0, count).sort();
      sorted = true;
      const place = Math.max(0, Math.ceil(count * share) - 1);
      return (place < count ? times[place] : undefined) ?? Number.NaN;
    },
  };
}

function grown(times: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(times.length * 2);
  more.set(times);
  return more;
}
