import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../lib/time.ts';

/** Closes the connections of a server without interrupting a request that has been read. */
export interface Draining {
  /** Class of the server's answers. Those whose headers are sent after `begin` have `Connection: close`. */
  readonly Answer: typeof ServerResponse;
  /** Listener for the server's `connection` event. */
  connected(socket: Socket): void;
  /** Closes each connection with its next answer. New connections are still accepted. */
  begin(): void;
  /** Stops listening, lets requests under way finish for up to `timeout` milliseconds, then closes all sockets. */
  close(server: Server, timeout: number): Promise<void>;
}

/** Milliseconds between two searches for idle connections. */
const SWEEP = 100;
/** Milliseconds for the first byte on connections that are open when the listener closes. */
const FIRST_BYTE_TIMEOUT = SECOND;

/** Creates the draining of one server. */
export function createDraining(): Draining {
  const sockets = new Set<Socket>();
  let hasBegun = false;

  /** Checks when the headers are sent: a set of the answers under way would slow down their garbage collection. */
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
    async close(server, timeout) {
      begin();
      await closeServer(server, timeout, sockets);
    },
  };
}

/** Closes idle and silent connections itself: Node waits for idle ones, and counts silent ones as busy. */
async function closeServer(
  server: Server,
  timeout: number,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const silent = setTimeout(() => destroySilent(sockets), Math.min(FIRST_BYTE_TIMEOUT, timeout));
  const cut = delay(timeout, undefined, { ref: false }).then(() => server.closeAllConnections());
  server.closeIdleConnections();
  await Promise.race([closed, cut.then(() => closed)]);
  clearInterval(sweep);
  clearTimeout(silent);
}

function destroySilent(sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
}
