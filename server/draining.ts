import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../lib/time.ts';

/** The end of a server's connections, which cuts off no request that has been read. */
export interface Draining {
  /** The class of the server's answers: those whose headers leave after `begin` say `Connection: close`. */
  readonly Answer: typeof ServerResponse;
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
  const sockets = new Set<Socket>();
  let hasBegun = false;

  /** Asks when the headers leave: a set of the answers under way would keep each of them from being collected young. */
  class Answer<Request extends IncomingMessage> extends ServerResponse<Request> {
    override writeHead(...head: unknown[]): this {
      if (hasBegun) this.shouldKeepAlive = false;
      return super.writeHead(...(head as Parameters<ServerResponse['writeHead']>));
    }
  }

  function begin(): void {
    hasBegun = true;
  }

  return {
    Answer,
    begin,
    connected(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    },
    async close(server, patience) {
      begin();
      await closeServer(server, patience, sockets);
    },
  };
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
