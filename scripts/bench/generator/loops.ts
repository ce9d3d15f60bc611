import { setTimeout as sleep, setImmediate as waitTurn } from 'node:timers/promises';
import { type Connection, openConnection } from './connection.ts';
import type { LoadTask, Request } from './protocol.ts';
import type { Source } from './requests.ts';
import { Tally } from './tally.ts';

type Times = Omit<LoadTask, 'streams'>;

/** The longest wait for the last responses, in milliseconds. */
const DRAIN_LIMIT = 15_000;

/** More requests than this at once mean that the server does not keep up at all. */
const MAX_CONNECTIONS = 2_000;
const FIRST_CONNECTIONS = 8;

/** The end of a wait that is spent checking the clock, in milliseconds: timers are late by as much. */
const SPIN = 1;

/**
 * Sends the next request on each connection when the last one is answered. Counts what is answered in the
 * measured time, which ends early when the source does.
 */
export async function runClosedLoop(times: Times, source: Source, connections: number) {
  const { port, leadIn, duration } = times;
  const tally = new Tally();
  const opening = Array.from({ length: connections }, () => openConnection(port));
  const open = await Promise.all(opening);
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
export async function runOpenLoop(times: Times, source: Source, rate: number) {
  const { port, leadIn, duration } = times;
  const tally = new Tally();
  const open: Connection[] = [];
  const free: Connection[] = [];
  const responses: Promise<void>[] = [];

  async function openOne(): Promise<Connection> {
    if (open.length === MAX_CONNECTIONS) throw new Error('the server does not keep up');
    const connection = await openConnection(port);
    open.push(connection);
    return connection;
  }

  async function send(request: Request, due: number, isMeasured: boolean): Promise<void> {
    let connection = free.pop();
    while (connection && !connection.isOpen) connection = free.pop(); // closed while it was idle
    connection ??= await openOne();
    const status = await connection.send(request.bytes);
    free.push(connection);
    tally.add(request, status, performance.now() - due, isMeasured);
  }

  async function sendAll(fail: (error: Error) => void): Promise<void> {
    const start = performance.now();
    for (let sent = 0; sent < ((leadIn + duration) * rate) / 1000; sent++) {
      const due = start + (sent * 1000) / rate;
      await waitUntil(due);
      const request = source();
      if (request === undefined) throw new Error('there are too few requests');
      const response = send(request, due, due >= start + leadIn);
      response.catch(fail);
      responses.push(response);
      tally.delays.push(performance.now() - due);
    }
    await Promise.all(responses);
  }

  free.push(...(await Promise.all(Array.from({ length: FIRST_CONNECTIONS }, openOne))));
  const loop = new Promise<void>((resolve, fail) => sendAll(fail).then(resolve, fail));
  await drain(leadIn + duration, open, loop);
  return tally.result(duration);
}

/** Waits for a loop of so many milliseconds and for its last response, then closes its connections. */
async function drain(length: number, open: readonly Connection[], loop: Promise<unknown>) {
  const drained = new AbortController();
  const limit = sleep(length + DRAIN_LIMIT, undefined, { signal: drained.signal });
  const tooLong = limit.then(() => Promise.reject(new Error('a request was not answered')));
  try {
    await Promise.race([loop, tooLong]);
  } finally {
    drained.abort();
    for (const each of open) each.close();
  }
}

async function waitUntil(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await (left > SPIN ? sleep(left - SPIN) : waitTurn());
  }
}
