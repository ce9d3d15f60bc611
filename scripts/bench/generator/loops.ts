import { setTimeout as sleep, setImmediate as waitTurn } from 'node:timers/promises';
import { sum } from 'simple-statistics';
import { withTimeout } from '../../../lib/time.ts';
import { type Connection, openConnection } from './connection.ts';
import type { Request, Source } from './requests.ts';

/** Times in milliseconds. The lead-in is sent like the rest and not measured. */
export interface Times {
  readonly port: number;
  readonly leadIn: number;
  readonly duration: number;
}

/** Requests under a load. Closed loop: connections that each send the next one on a response. Open loop: a rate. */
export interface Stream {
  readonly source: Source;
  readonly load: { readonly connections: number } | { readonly rate: number };
}

/** Figures of one stream; times are milliseconds. */
export type StreamResult = ReturnType<Tally['result']>;

/** The longest wait for the last responses, in milliseconds. */
const DRAIN_LIMIT = 15_000;

/** More requests than this at once mean that the server does not keep up at all. */
const MAX_CONNECTIONS = 2_000;
const FIRST_CONNECTIONS = 8;

/** The end of a wait that is spent checking the clock, in milliseconds: timers are late by as much. */
const SPIN = 1;

/** Runs one stream; several may run at the same time. */
export function runStream(times: Times, { source, load }: Stream): Promise<StreamResult> {
  if ('rate' in load) return runOpenLoop(times, source, load.rate);
  return runClosedLoop(times, source, load.connections);
}

/**
 * Sends the next request on each connection when the last one is answered. Counts what is answered in the
 * measured time, which ends early when the source does.
 */
export async function runClosedLoop(times: Times, source: Source, connections: number) {
  const { port, leadIn, duration } = times;
  const tally = new Tally();
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const start = performance.now() + leadIn;
  let end = start + duration;

  async function keepBusy(connection: Connection): Promise<void> {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      const request = source();
      if (request === undefined) {
        end = sent;
        return;
      }
      const status = await connection.send(request.bytes);
      const now = performance.now();
      tally.add(request, status, now - sent, now >= start && now < end);
    }
  }

  await drain(leadIn + duration, open, Promise.all(open.map(keepBusy)));
  return tally.result(end - start);
}

/**
 * Sends `rate` requests a second, each at its own time, on as many connections as that takes. Latency counts
 * from the time a request was due, so a stall is charged to all requests due meanwhile (no coordinated
 * omission). Counts what is due in the measured time.
 */
export async function runOpenLoop({ port, leadIn, duration }: Times, source: Source, rate: number) {
  const tally = new Tally();
  const open: Connection[] = [];
  const free: Connection[] = [];
  const responses: Promise<void>[] = [];

  async function connect(): Promise<Connection> {
    let connection = free.pop();
    while (connection?.isOpen() === false) connection = free.pop(); // closed while it was idle
    if (connection !== undefined) return connection;
    if (open.length === MAX_CONNECTIONS) throw new Error('the server does not keep up');
    connection = await openConnection(port);
    open.push(connection);
    return connection;
  }

  async function send(request: Request, due: number, isMeasured: boolean): Promise<void> {
    const connection = await connect();
    const status = await connection.send(request.bytes);
    free.push(connection);
    tally.add(request, status, performance.now() - due, isMeasured);
  }

  async function sendAll(): Promise<void> {
    const start = performance.now();
    for (let sent = 0; sent < ((leadIn + duration) * rate) / 1000; sent++) {
      const due = start + (sent * 1000) / rate;
      await waitUntil(due);
      const request = source();
      if (request === undefined) throw new Error('there are too few requests');
      const response = send(request, due, due >= start + leadIn);
      response.catch(() => {}); // awaited below
      responses.push(response);
      tally.delays.push(performance.now() - due);
    }
    await Promise.all(responses);
  }

  free.push(...(await Promise.all(Array.from({ length: FIRST_CONNECTIONS }, connect))));
  await drain(leadIn + duration, open, sendAll());
  return tally.result(duration);
}

/** Waits for a loop of so many milliseconds and for its last response, then closes its connections. */
async function drain(length: number, open: readonly Connection[], loop: Promise<unknown>) {
  const tooLong = () => new Error('a request was not answered');
  await withTimeout(length + DRAIN_LIMIT, loop, tooLong).finally(() => {
    for (const connection of open) connection.close();
  });
}

async function waitUntil(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await (left > SPIN ? sleep(left - SPIN) : waitTurn());
  }
}

/** Counts the responses of one stream. All times are kept: percentiles are exact. */
export class Tally {
  /** Delays of requests that were sent later than they were due, in milliseconds. */
  readonly delays: number[] = [];
  readonly #latencies: number[] = [];
  readonly #statuses: Record<string, number> = {};
  readonly #measuredStatuses: Record<string, number> = {};
  #wrong = 0;

  /** Counts a response. Outside of the measured time only its status counts. */
  add({ expected }: Request, status: number, latency: number, isMeasured: boolean): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (status !== expected) this.#wrong++;
    if (!isMeasured) return;
    this.#measuredStatuses[status] = (this.#measuredStatuses[status] ?? 0) + 1;
    this.#latencies.push(latency);
  }

  /** @param elapsed - the measured time in milliseconds. */
  result(elapsed: number) {
    return {
      completed: this.#latencies.length,
      elapsed,
      measuredStatuses: this.#measuredStatuses,
      /** Includes the lead-in, as do the statuses and the number of unexpected ones. */
      answered: sum(Object.values(this.#statuses)),
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
