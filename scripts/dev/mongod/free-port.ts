import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768): one of those may take the
 * port of a mongod while it is down, even its own client's, which then talks to itself.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** A TCP port of 127.0.0.1 that was free a moment ago; nothing keeps it free. */
export async function freePort(): Promise<number> {
  for (let attemptsLeft = 100; ; attemptsLeft--) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    try {
      await listenOnce(port);
      return port;
    } catch (error) {
      if (attemptsLeft === 1) throw error;
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
