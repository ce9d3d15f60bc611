/** Loads of requests, and the good client beside a flood. */
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { Piscina } from 'piscina';
import { max, quantile } from 'simple-statistics';
import { bearer, createHttpClient, type HttpRequest, type Send } from '../http-client.ts';

export type LoadResult = ReturnType<typeof summarize>;
type Answered = Awaited<ReturnType<typeof measure>>;

/** Makes a request that is unlike all before. */
export type Make = () => HttpRequest;
type Requests = Iterable<HttpRequest>;

/** Yields requests of each kind in turn, for as long as it goes on. */
export function* inTurn(makes: readonly Make[], goesOn: (made: number) => boolean) {
  for (let made = 0; goesOn(made); made++) yield (makes[made % makes.length] as Make)();
}

/** Keeps so many requests on their way. */
export async function runClosedLoop(send: Send, requests: Requests, concurrency: number) {
  const ask = (request: HttpRequest) => measure(send, request, performance.now());
  return summarize(await pMap(requests, ask, { concurrency }));
}

/**
 * Sends so many requests a second, whether or not the ones before have been answered. Latency counts from
 * the time a request was due, so a server that stalls is charged with all who would have come meanwhile.
 */
export async function runOpenLoop(send: Send, requests: Requests, rate: number) {
  const answers: Promise<Answered>[] = [];
  const start = performance.now();
  for (const request of requests) {
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

interface Task {
  readonly url: string;
  readonly tokens: readonly string[];
  /** Milliseconds for which the client sends requests. */
  readonly duration: number;
}

/** Answers to a good client; `/livez` needs nothing but the event loop of the server. */
export type Service = Awaited<ReturnType<typeof askSteadily>>;

const ME_RATE = 50;
const LIVEZ_RATE = 20;
const CONNECTIONS = 32;

/** Sends requests of good clients, in a thread of its own that no flood keeps busy. */
export function runGoodClient(task: Task): Promise<Service> {
  const thread = new Piscina({ filename: import.meta.url, maxThreads: 1 });
  return thread.run(task, { name: 'askSteadily' }).finally(() => thread.destroy());
}

export async function askSteadily({ url, tokens, duration }: Task) {
  const thread = { teardown: () => undefined }; // ends its connections as well
  const send = createHttpClient(thread, url);
  const livez = () => ({ method: 'GET', path: '/livez', headers: [] });
  const me = () => {
    const token = tokens[Math.floor(Math.random() * tokens.length)];
    return { method: 'GET', path: '/api/auth/me', headers: [bearer(token)] };
  };
  // Beside a flood Node accepts new connections slowly: requests find open ones, as those of a real client.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => send(livez())));
  const until = performance.now() + duration;
  const goesOn = () => performance.now() < until;
  const [meResult, livezResult] = await Promise.all([
    runOpenLoop(send, inTurn([me], goesOn), ME_RATE),
    runOpenLoop(send, inTurn([livez], goesOn), LIVEZ_RATE),
  ]);
  return { me: meResult, livez: livezResult };
}
