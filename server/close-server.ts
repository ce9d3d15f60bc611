import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../lib/time.ts';

/** Milliseconds between two checks for idle connections. */
const SWEEP = 100;
/** A connection that has sent no byte is closed this many milliseconds after the server stops listening. */
const FIRST_BYTE_TIMEOUT = SECOND;

/**
 * Returns a function that closes the server: it stops listening, lets requests under way finish for up to `timeout`
 * milliseconds, then closes all sockets.
 */
export function createClose(server: Server): (timeout: number) => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return (timeout) => closeServer(server, timeout, sockets);
}

/** Closes the server. Also closes connections that become idle or sent no byte, because Node would wait for them. */
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
