/** Requests byte by byte, several on one connection: what HTTP clients refuse to send. */
import { connect } from 'node:net';

/** What came back on a connection. */
export interface Conversation {
  /** Of the answers, in order. */
  readonly statuses: readonly number[];
  readonly text: string;
}

/** In milliseconds, for a connection that the server leaves open: the first answer has to come, and then no more does. */
const PATIENCE = 30_000;
const SILENCE = 2_000;

/** Writes the bytes of a text in ISO-8859-1 to a connection of its own, and reads until the server closes it or is silent. */
export async function converse(url: string, request: string): Promise<Conversation> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.setTimeout(PATIENCE, () => socket.destroy());
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.setTimeout(SILENCE);
  });
  socket.on('error', () => undefined); // it was reset: what has come by then counts
  socket.write(Buffer.from(request, 'latin1'));
  await new Promise((resolve) => socket.once('close', resolve));
  const text = Buffer.concat(chunks).toString();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text };
}

/** A request of this line and these headers, with `Host: x` where none is among them. */
export function request(line: string, ...headers: string[]): string {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: x'];
  return `${[`${line} HTTP/1.1`, ...host, ...headers].join('\r\n')}\r\n\r\n`;
}
