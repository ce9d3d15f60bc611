import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes that a client sends at once, and bytes that it then sends one by one. */
type SlowClient = readonly [atOnce: string, slowly: string];

const LOGIN = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const MORE = 'a'.repeat(10_000);

/** Clients that keep a request unfinished, one of every kind. */
export const SLOW_CLIENTS: readonly SlowClient[] = [
  ['', ''],
  ['', `GET /api/auth/me HTTP/1.1\r\nHost: x\r\nX: ${MORE}`],
  [`${LOGIN}Content-Length: 9999\r\n\r\n`, MORE],
  [`${LOGIN}Transfer-Encoding: chunked\r\n\r\n`, '1\r\na\r\n'.repeat(2_000)],
];

/** A client that sends one request and stays connected. */
export const IDLE_CLIENTS: readonly SlowClient[] = [['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', '']];

/** Milliseconds from one slow byte to the next. */
const PACE = 200;

/**
 * Keeps so many connections to the server open, of each of these kinds in turn. Returns for how many
 * milliseconds those were open that the server has ended.
 */
export async function keepConnections(
  url: string,
  kinds: readonly SlowClient[],
  size: number,
  goesOn: (ended: number) => boolean,
): Promise<readonly number[]> {
  const ended: number[] = [];
  let isLeaving = false;
  const clients = Array.from({ length: size }, (_, index) => {
    const [atOnce, slowly] = kinds[index % kinds.length] as SlowClient;
    const started = performance.now();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined); // reset while it writes
    socket.on('close', () => {
      if (!isLeaving) ended.push(performance.now() - started);
    });
    socket.resume().write(atOnce);
    return { socket, slowly };
  });
  for (let next = 0; goesOn(ended.length); next++) {
    for (const { socket, slowly } of clients) {
      if (next < slowly.length && socket.writable) socket.write(slowly.charAt(next));
    }
    await delay(PACE);
  }
  isLeaving = true;
  for (const { socket } of clients) socket.destroy();
  return ended;
}
