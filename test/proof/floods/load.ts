import { setTimeout as delay } from 'node:timers/promises';
import type { HttpRequest, Send } from '../http-client.ts';

/** Answers to a load. Times are milliseconds. */
export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Returns the next request; undefined at the end. */
type Next = () => HttpRequest | undefined;

/** Keeps so many requests on their way. */
export async function runClosedLoop(send: Send, next: Next, workers: number): Promise<LoadResult> {
  const { record, summarize } = createRecorder(send);
  const work = async () => {
    for (let request = next(); request; request = next()) await record(request, performance.now());
  };
  await Promise.all(Array.from({ length: workers }, work));
  return summarize();
}

/**
 * Sends so many requests a second, whether or not the ones before have been answered. Latency counts from
 * the time a request was due, so a server that stalls is charged with all who would have come meanwhile.
 */
export async function runOpenLoop(send: Send, next: Next, rate: number): Promise<LoadResult> {
  const { record, summarize } = createRecorder(send);
  const answers: Promise<void>[] = [];
  const start = performance.now();
  for (let request = next(); request; request = next()) {
    const due = start + (answers.length * 1_000) / rate;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const answer = record(request, due);
    answer.catch(() => undefined); // thrown at the end
    answers.push(answer);
  }
  await Promise.all(answers);
  return summarize();
}

function createRecorder(send: Send) {
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  return {
    async record(request: HttpRequest, due: number): Promise<void> {
      const { status } = await send(request);
      times.push(performance.now() - due);
      statuses[status] = (statuses[status] ?? 0) + 1;
    },
    summarize(): LoadResult {
      const sorted = times.sort((one, other) => one - other);
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
      return { statuses, p50: at(0.5), p99: at(0.99), max: at(1) };
    },
  };
}
