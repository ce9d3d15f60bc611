import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Somewhere between the two, at random. */
export type Range = readonly [least: number, most: number];

/**
 * What a proxy does with a connection.
 * - `pass`: forwards it.
 * - `refuse`: ends it, and each new one, at once.
 * - `hole`: silence. It stays open, a new one is accepted, and nothing is forwarded, not even its end.
 *   As after a real break of a network, what was sent meanwhile arrives late, once it passes again.
 * - `delay`: each piece waits so many milliseconds, in each direction.
 * - `forgetAfter`: as `hole`, for good, once nothing came for so many milliseconds in either direction.
 * - `cutAfter`: it ends at once after so many bytes, wherever in a message that is.
 */
export type Treatment =
  | 'pass'
  | 'refuse'
  | 'hole'
  | { readonly delay: Range }
  | { readonly forgetAfter: number }
  | { readonly cutAfter: Range };

export interface ProxiedConnection {
  treat(treatment: Treatment): void;
  /** Ends both of its ends at once. */
  reset(): void;
  /** Resolves when both of its ends are closed. */
  readonly closed: Promise<void>;
}

/** What both directions of a connection have in common. */
interface Line extends Omit<ProxiedConnection, 'closed'> {
  /** Resolves as soon as it is no hole. */
  open(): Promise<void>;
  /** Resolves when a piece of this size may go on, with how much of it. */
  admit(size: number): Promise<number>;
}

/** Forwards between a client's socket and one that `dial` opens, as soon as it is no hole. */
export function proxiedConnection(
  client: Socket,
  dial: () => Socket,
  treatment: Treatment,
): ProxiedConnection {
  const ends = [client];
  const line = createLine(() => {
    for (const end of ends) resetNow(end);
  });
  client.on('error', () => undefined); // whoever reads from it hears of it
  line.treat(treatment);
  return { ...line, closed: run() };

  async function run(): Promise<void> {
    await line.open();
    if (client.destroyed) return;
    const server = dial().on('error', () => undefined);
    ends.push(server);
    await Promise.all([forward(client, server, line), forward(server, client, line)]);
  }
}

function createLine(reset: () => void): Line {
  const changes = new EventEmitter();
  let treatment: Treatment = 'pass';
  let left = Number.POSITIVE_INFINITY;
  let last = performance.now();
  let isForgotten = false;

  async function open(): Promise<void> {
    while (treatment === 'hole' || isForgotten) await once(changes, 'change');
  }

  function notice(): void {
    const quiet = performance.now() - last;
    last = performance.now();
    if (typeof treatment !== 'object' || !('forgetAfter' in treatment)) return;
    isForgotten ||= quiet > treatment.forgetAfter;
  }

  return {
    treat(next) {
      treatment = next;
      left = typeof next === 'object' && 'cutAfter' in next ? anyOf(next.cutAfter) : Infinity;
      if (next === 'refuse') reset();
      changes.emit('change');
    },
    reset,
    open,
    async admit(size) {
      notice();
      await open();
      if (typeof treatment === 'object' && 'delay' in treatment) {
        await sleep(anyOf(treatment.delay));
        await open(); // it may have become a hole meanwhile
      }
      left -= size;
      return left < 0 ? Math.max(0, size + left) : size;
    },
  };
}

async function forward(from: Socket, to: Socket, line: Line): Promise<void> {
  try {
    for await (const piece of from as AsyncIterable<Buffer>) {
      const admitted = await line.admit(piece.length);
      await new Promise((sent) => to.write(piece.subarray(0, admitted), sent));
      if (admitted < piece.length) line.reset();
    }
    await line.open();
    to.end();
  } catch {
    await line.open();
    line.reset();
  }
}

/** Node's reset waits for what is still to be written, and leaks an end that is closing: those are just closed. */
function resetNow(socket: Socket): void {
  const isIdle = socket.writable && socket.writableLength === 0 && !socket.connecting;
  if (isIdle) socket.resetAndDestroy();
  else socket.destroy();
}

function anyOf([least, most]: Range): number {
  return Math.round(least + Math.random() * (most - least));
}
