import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A number between the two, picked at random. */
export type Range = readonly [least: number, most: number];

/**
 * The behaviour of a proxy towards a connection.
 * - `pass`: forwards it.
 * - `refuse`: closes it, and each new one, at once.
 * - `hole`: silence. The connection stays open, a new one is accepted, and nothing is forwarded, not even
 *   its end. As after a real partition, all that was sent arrives late, once the connection passes again.
 * - `delay`: forwards each piece after so many milliseconds, in each direction.
 * - `forgetAfter`: behaves as `hole`, for good, after so many milliseconds without traffic.
 * - `cutAfter`: closes it after so many bytes, wherever in a message that is.
 */
export type Treatment =
  | 'pass'
  | 'refuse'
  | 'hole'
  | { readonly delay?: Range; readonly forgetAfter?: number; readonly cutAfter?: Range };

/** Delivers what a connection forwards, each piece in its turn. */
export interface Relay {
  readonly fromClient: (piece: Buffer) => unknown;
  readonly fromServer: (piece: Buffer) => unknown;
}

/** Opens the relay between a client and its server. */
export type OpenRelay = (client: Socket, server: Socket) => Relay;

/** Connects a client with the server that `dial` reaches, as soon as the connection is no hole. */
export function proxyConnection(
  client: Socket,
  dial: () => Socket,
  initial: Treatment,
  openRelay: OpenRelay = forwardAll,
) {
  const changes = new EventEmitter();
  const ends = [client];
  let treatment = initial;
  let limits: Extract<Treatment, object> = {};
  let bytesLeft = Number.POSITIVE_INFINITY;
  let lastPieceAt = performance.now();
  let isForgotten = false;

  function treat(next: Treatment): void {
    treatment = next;
    limits = typeof next === 'object' ? next : {};
    bytesLeft = limits.cutAfter ? pickFrom(limits.cutAfter) : Number.POSITIVE_INFINITY;
    if (next === 'refuse') reset();
    changes.emit('change');
  }

  /** Closes both ends at once. */
  function reset(): void {
    for (const end of ends) resetNow(end);
  }

  /** Resolves as soon as the connection is no hole. */
  async function opened(): Promise<void> {
    while (treatment === 'hole' || isForgotten) await once(changes, 'change');
  }

  /** Waits until a piece of this size may go on; returns how many bytes of it may. */
  async function admit(size: number): Promise<number> {
    const silence = performance.now() - lastPieceAt;
    lastPieceAt = performance.now();
    isForgotten ||= silence > (limits.forgetAfter ?? Number.POSITIVE_INFINITY);
    await opened();
    if (limits.delay) {
      await sleep(pickFrom(limits.delay));
      await opened(); // it may have become a hole meanwhile
    }
    bytesLeft -= size;
    return Math.max(0, Math.min(size, size + bytesLeft));
  }

  async function pump(from: Socket, to: Socket, deliver: Relay[keyof Relay]): Promise<void> {
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        const admitted = await admit(piece.length);
        await deliver(piece.subarray(0, admitted));
        if (admitted < piece.length) reset();
      }
      await opened();
      to.end();
    } catch {
      await opened();
      reset();
    }
  }

  /** Resolves when both ends are closed. */
  async function run(): Promise<void> {
    await opened();
    if (client.destroyed) return;
    const server = dial().on('error', ignore);
    ends.push(server);
    const { fromClient, fromServer } = openRelay(client, server);
    await Promise.all([pump(client, server, fromClient), pump(server, client, fromServer)]);
  }

  client.on('error', ignore);
  treat(initial);
  return { treat, reset, closed: run() };
}

/** Readers of a socket see its errors themselves. */
const ignore = () => undefined;

/** Forwards everything, and waits until each piece is written. */
export function forwardAll(client: Socket, server: Socket): Relay {
  const writeTo = (end: Socket) => (piece: Buffer) => new Promise((done) => end.write(piece, done));
  return { fromClient: writeTo(server), fromServer: writeTo(client) };
}

/** Node's reset waits for pending writes, and leaks a socket that is closing: those are destroyed. */
function resetNow(socket: Socket): void {
  const isIdle = socket.writable && socket.writableLength === 0 && !socket.connecting;
  if (isIdle) socket.resetAndDestroy();
  else socket.destroy();
}

function pickFrom([least, most]: Range): number {
  return Math.round(least + Math.random() * (most - least));
}
