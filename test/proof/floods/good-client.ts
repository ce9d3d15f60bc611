import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { createHttpClient, type HttpRequest } from '../http-client.ts';
import { type LoadResult, runOpenLoop } from './load.ts';

/** Answers to a good client. */
export interface Service {
  readonly me: LoadResult;
  /** Answers of `/livez`, which needs nothing but the event loop of the server. */
  readonly livez: LoadResult;
}

interface Task {
  readonly url: string;
  readonly tokens: readonly string[];
  /** Milliseconds for which the client sends requests. */
  readonly duration: number;
}

const ME_RATE = 50;
const LIVEZ_RATE = 20;
const CONNECTIONS = 32;

/** Sends requests of good clients, in a thread of its own that no flood keeps busy. */
export async function runGoodClient(task: Task): Promise<Service> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { goodClient: task } });
  const [service] = await once(worker, 'message');
  return service;
}

const own: Task | undefined = workerData?.goodClient;
if (own !== undefined) parentPort?.postMessage(await askSteadily(own));

async function askSteadily({ url, tokens, duration }: Task): Promise<Service> {
  const cleanups: (() => unknown)[] = [];
  const scope = { teardown: (cleanup: () => unknown) => cleanups.push(cleanup) };
  const send = createHttpClient(scope, url, Number.POSITIVE_INFINITY);
  const livez = (): HttpRequest => ({ method: 'GET', path: '/livez', headers: [] });
  const me = (): HttpRequest => {
    const token = tokens[Math.floor(Math.random() * tokens.length)];
    const headers = [['Authorization', `Bearer ${token}`]] as const;
    return { method: 'GET', path: '/api/auth/me', headers };
  };
  // Beside a flood Node accepts new connections slowly: requests find open ones, as those of a real client.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => send(livez())));
  const until = performance.now() + duration;
  const repeat = (make: () => HttpRequest) => () =>
    performance.now() < until ? make() : undefined;
  const results = await Promise.all([
    runOpenLoop(send, repeat(me), ME_RATE),
    runOpenLoop(send, repeat(livez), LIVEZ_RATE),
  ]);
  for (const cleanup of cleanups) cleanup();
  return { me: results[0], livez: results[1] };
}
