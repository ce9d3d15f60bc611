import { createFailure } from '../failure.ts';
import { type Connection, openConnection } from './connection.ts';
import { drained } from './drained.ts';
import type { RunTask, StreamResult } from './protocol.ts';
import type { Request, Source } from './requests.ts';
import { createTally } from './tally.ts';

/** More than this many requests at once means that the server does not keep up at all. */
const MOST_CONNECTIONS = 2_000;
const FIRST_CONNECTIONS = 8;

/**
 * Timers are late by up to a millisecond, which would be the most part of what is measured here: the last
 * of the wait is spent looking at the clock. Longer looking would take the processor from the database.
 */
const LOOKING = 1;

/**
 * Sends so many requests a second, each at its own time, whether or not the ones before have been
 * answered. Latency counts from the time a request was due, so a server that stalls is charged with all
 * who would have come meanwhile (no coordinated omission). What is due in the measured time counts.
 */
export async function runOpenLoop(
  { port, leadIn, duration }: Omit<RunTask, 'streams'>,
  source: Source,
  rate: number,
): Promise<StreamResult> {
  const tally = createTally();
  const failure = createFailure();
  const pool = await createPool(port, failure.fail);
  const length = leadIn + duration;
  const start = performance.now();

  function send(request: Request, due: number): Promise<void> {
    return new Promise((resolve) => {
      pool.send(request.bytes, (status) => {
        const isMeasured = due >= start + leadIn;
        tally.answered(request, status, performance.now() - due, isMeasured);
        resolve();
      });
      tally.late(performance.now() - due);
    });
  }

  async function sendAll(): Promise<void> {
    const answers: Promise<void>[] = [];
    for (let sent = 0; sent < (length * rate) / 1000; sent++) {
      const due = start + (sent * 1000) / rate;
      await until(due);
      const request = source();
      if (request === undefined) throw new Error('there are too few requests');
      answers.push(send(request, due));
    }
    await Promise.all(answers);
  }

  try {
    await drained(sendAll(), failure, length);
    return tally.result(duration);
  } finally {
    pool.close();
  }
}

async function until(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await new Promise<void>((resolve) => {
      if (left > LOOKING) setTimeout(resolve, left - LOOKING);
      else setImmediate(resolve);
    });
  }
}

/** Connections that are opened as they are needed, and used again. */
async function createPool(port: number, onLost: (error: Error) => void) {
  const all: Connection[] = [];
  const free: Connection[] = [];

  async function open(): Promise<Connection> {
    if (all.length === MOST_CONNECTIONS) throw new Error('the server does not keep up');
    const connection = await openConnection(port, onLost);
    all.push(connection);
    return connection;
  }

  /** A server may have closed one that was idle for some time. */
  function takeFree(): Connection | undefined {
    let connection = free.pop();
    while (connection !== undefined && !connection.isOpen) connection = free.pop();
    return connection;
  }

  function use(connection: Connection, bytes: Uint8Array, onAnswer: (status: number) => void) {
    connection.send(bytes, (status) => {
      free.push(connection);
      onAnswer(status);
    });
  }

  free.push(...(await Promise.all(Array.from({ length: FIRST_CONNECTIONS }, open))));
  return {
    send(bytes: Uint8Array, onAnswer: (status: number) => void): void {
      const connection = takeFree();
      if (connection !== undefined) use(connection, bytes, onAnswer);
      else open().then((opened) => use(opened, bytes, onAnswer), onLost);
    },
    close() {
      for (const each of all) each.close();
    },
  };
}
