import { Piscina } from 'piscina';
import { bearer, createHttpClient, type HttpRequest } from '../http-client.ts';
import { runOpenLoop } from './load.ts';

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
  const livez: HttpRequest = { method: 'GET', path: '/livez', headers: [] };
  const me = (): HttpRequest => {
    const token = tokens[Math.floor(Math.random() * tokens.length)];
    return { method: 'GET', path: '/api/auth/me', headers: [bearer(token)] };
  };
  // Beside a flood Node accepts new connections slowly: requests find open ones, as those of a real client.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => send(livez)));
  const until = performance.now() + duration;
  const isOver = () => performance.now() >= until;
  const [meResult, livezResult] = await Promise.all([
    runOpenLoop(send, () => (isOver() ? undefined : me()), ME_RATE),
    runOpenLoop(send, () => (isOver() ? undefined : livez), LIVEZ_RATE),
  ]);
  return { me: meResult, livez: livezResult };
}
