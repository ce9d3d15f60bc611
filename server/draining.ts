import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../lib/time.ts';

/** The end of a server's connections, which cuts off no request that has been read. */
export interface Draining {
  /** Wraps the listener of the server: from `begin` on its answers say `Connection: close`. */
  watch(handle: RequestListener): RequestListener;
  /** Takes requests as before, and ends each connection with its next answer. */
  begin(): void;
  /** Takes no new connection, lets requests under way finish for up to `patience` milliseconds, then cuts them off. */
  close(server: Server, patience: number): Promise<void>;
}

/** Between two looks for connections that wait for nothing any more, in milliseconds. */
const SWEEP = 100;
/** For a connection on which nothing has come yet when the listener closes, in milliseconds. */
const FIRST_BYTE = SECOND;

/** Creates it for one server, whose `connection` events go to `connected`. */
export function createDraining(): Draining & { connected(socket: Socket): void } {
  const answers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let hasBegun = false;

  function begin(): void {
    hasBegun = true;
    for (const answer of answers) answer.shouldKeepAlive = false;
  }

  return {
    begin,
    connected: (socket) => keepUntilClosed(sockets, socket),
    watch: (handle) => (request, answer) => {
      if (hasBegun) answer.shouldKeepAlive = false;
      else keepUntilClosed(answers, answer);
      return handle(request, answer);
    },
    async close(server, patience) {
      begin();
      await closeServer(server, patience, sockets);
    },
  };
}

function keepUntilClosed<T extends ServerResponse | Socket>(all: Set<T>, one: T): void {
  all.add(one);
  one.once('close', () => all.delete(one));
}

/** Node waits for idle connections as for busy ones, and takes silent ones for busy, so both are ended here. */
async function closeServer(
  server: Server,
  patience: number,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const silent = setTimeout(() => endSilent(sockets), Math.min(FIRST_BYTE, patience));
  const cut = delay(patience, undefined, { ref: false }).then(() => server.closeAllConnections());
  server.closeIdleConnections();
  await Promise.race([closed, cut.then(() => closed)]);
  clearInterval(sweep);
  clearTimeout(silent);
}

function endSilent(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
}
