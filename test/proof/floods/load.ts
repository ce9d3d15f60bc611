import { setTimeout as delay } from 'node:timers/promises';
import { max, quantile } from 'simple-statistics';
import type { HttpRequest, Send } from '../http-client.ts';

export type LoadResult = ReturnType<typeof summarize>;
type Answered = Awaited<ReturnType<typeof measure>>;

/** Returns the next request; undefined at the end. */
type Next = () => HttpRequest | undefined;

/** Keeps so many requests on their way. */
export async function runClosedLoop(send: Send, next: Next, workers: number): Promise<LoadResult> {
  const answers: Answered[] = [];
  const work = async () => {
    for (let request = next(); request; request = next()) {
      answers.push(await measure(send, request, performance.now()));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return summarize(answers);
}

/**
 * Sends so many requests a second, whether or not the ones before have been answered. Latency counts from
 * the time a request was due, so a server that stalls is charged with all who would have come meanwhile.
 */
export async function runOpenLoop(send: Send, next: Next, rate: number): Promise<LoadResult> {
  const answers: Promise<Answered>[] = [];
  const start = performance.now();
  for (let request = next(); request; request = next()) {
    const due = start + (answers.length * 1_000) / rate;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const answer = measure(send, request, due);
    answer.catch(() => undefined); // thrown at the end
    answers.push(answer);
  }
  return summarize(await Promise.all(answers));
}

async function measure(send: Send, request: HttpRequest, due: number) {
  const { status } = await send(request);
  return { status, time: performance.now() - due };
}

/** Summarizes the answers to a load. Times are milliseconds. */
function summarize(answers: readonly Answered[]) {
  const statuses: Record<string, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const times = answers.map(({ time }) => time);
  return { statuses, p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: max(times) };
}
