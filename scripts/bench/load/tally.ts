import type { StreamResult } from './protocol.ts';
import type { Request } from './requests.ts';
import { createSamples } from './samples.ts';

/** Counts the answers of one stream. */
export interface Tally {
  /**
   * Notes an answer.
   *
   * @param latency - in milliseconds.
   * @param measured - whether it lies in the measured time; otherwise only its status counts.
   */
  answered(request: Request, status: number, latency: number, measured: boolean): void;
  /** Notes by how many milliseconds a request was sent too late. */
  late(milliseconds: number): void;
  /** @param elapsed - the measured time in milliseconds. */
  result(elapsed: number): StreamResult;
}

export function createTally(): Tally {
  const latencies = createSamples();
  const lateness = createSamples();
  const statuses: Record<string, number> = {};
  const measuredStatuses: Record<string, number> = {};
  let answered = 0;
  let wrong = 0;

  return {
    answered({ expected }, status, latency, measured) {
      answered++;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (!expected.includes(status)) wrong++;
      if (!measured) return;
      measuredStatuses[status] = (measuredStatuses[status] ?? 0) + 1;
      latencies.add(latency);
    },
    late: (milliseconds) => lateness.add(milliseconds),
    result: (elapsed) => ({
      completed: latencies.count,
      elapsed,
      measuredStatuses,
      answered,
      statuses,
      wrong,
      p50: latencies.percentile(0.5),
      p99: latencies.percentile(0.99),
      max: latencies.percentile(1),
      ...(lateness.count > 0 && { lateP99: lateness.percentile(0.99) }),
    }),
  };
}
