/** Requests byte by byte, several on one connection: what HTTP clients refuse to send. */
import { connect } from 'node:net';
import { MINUTE, SECOND } from '../../lib/time.ts';

/** Answers on one connection, with their statuses in order. */
export type Conversation = Awaited<ReturnType<typeof converse>>;

/** Milliseconds without an answer after which a connection is given up that the server leaves open. */
const LATEST_ANSWER = 2 * MINUTE;
/** The same after an answer; five times as long as that one took, where that is longer. */
const SILENCE = 2 * SECOND;

/** Writes the bytes of a text in ISO-8859-1 to a connection of its own, and reads until the server closes it or is silent. */
export async function converse(url: string, request: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const started = performance.now();
  const chunks: Buffer[] = [];
  socket.setTimeout(LATEST_ANSWER, () => socket.destroy());
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.setTimeout(Math.max(SILENCE, 5 * (performance.now() - started)));
  });
  socket.on('error', () => undefined); // it was reset: what has come by then counts
  socket.write(Buffer.from(request, 'latin1'));
  await new Promise((resolve) => socket.once('close', resolve));
  const text = Buffer.concat(chunks).toString();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text };
}

/** Formats a request of this line and these headers, with `Host: x` where none is among them. */
export function request(line: string, ...headers: string[]): string {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: x'];
  return `${[`${line} HTTP/1.1`, ...host, ...headers].join('\r\n')}\r\n\r\n`;
}
