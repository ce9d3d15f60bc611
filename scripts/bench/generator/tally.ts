import type { Request, StreamResult } from './protocol.ts';

/** Counts the responses of one stream. All times are kept: percentiles are exact. */
export class Tally {
  /** Delays of requests that were sent later than they were due, in milliseconds. */
  readonly delays: number[] = [];
  readonly #latencies: number[] = [];
  readonly #statuses: Record<string, number> = {};
  readonly #measuredStatuses: Record<string, number> = {};
  #answered = 0;
  #wrong = 0;

  /** Counts a response. Outside of the measured time only its status counts. */
  add({ expected }: Request, status: number, latency: number, isMeasured: boolean): void {
    this.#answered++;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (!expected.includes(status)) this.#wrong++;
    if (!isMeasured) return;
    this.#measuredStatuses[status] = (this.#measuredStatuses[status] ?? 0) + 1;
    this.#latencies.push(latency);
  }

  /** @param elapsed - the measured time in milliseconds. */
  result(elapsed: number): StreamResult {
    return {
      completed: this.#latencies.length,
      elapsed,
      measuredStatuses: this.#measuredStatuses,
      answered: this.#answered,
      statuses: this.#statuses,
      wrong: this.#wrong,
      p50: percentile(this.#latencies, 0.5),
      p99: percentile(this.#latencies, 0.99),
      max: percentile(this.#latencies, 1),
      ...(this.delays.length > 0 && { lateP99: percentile(this.delays, 0.99) }),
    };
  }
}

/** Returns the least time that `share` (0 to 1) of all do not exceed; NaN when there is none. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = Float64Array.from(times).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
