import { once } from 'node:events';
import { connect } from 'node:net';

const CLOSED = 'the server closed the connection without an answer';

/** An HTTP/1.1 connection on a plain socket, for one request at a time. No client library is as cheap. */
export type Connection = Awaited<ReturnType<typeof openConnection>>;

/** Connects to a port of 127.0.0.1. */
export async function openConnection(port: number) {
  const responses = new ResponseReader();
  // One buffer for all packets, and no stream above the socket.
  const buffer = Buffer.allocUnsafe(16_384);
  const callback = (length: number) => {
    try {
      responses.read(buffer.subarray(0, length));
    } catch (error) {
      socket.destroy(error as Error);
    }
    return true;
  };
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } });
  socket.on('error', (error) => responses.cancel(error));
  socket.on('close', () => responses.cancel(new Error(CLOSED)));
  await once(socket, 'connect');
  /** Returns the status of the response. Rejects when the connection breaks, or on an invalid response. */
  const send = (bytes: Uint8Array) =>
    new Promise<number>((resolve, reject) => {
      responses.expect(resolve, reject);
      socket.write(bytes);
    });
  return { send, isOpen: () => socket.writable, close: () => socket.destroy() };
}

/** Assembles the packets of a connection into responses, of which one at a time is awaited. */
export class ResponseReader {
  #onResponse: ((status: number) => void) | undefined;
  #onFailure: (reason: Error) => void = () => {};
  #received: Buffer | undefined;

  expect(onResponse: (status: number) => void, onFailure = this.#onFailure): void {
    this.#onResponse = onResponse;
    this.#onFailure = onFailure;
  }

  /** Reads a packet, whose bytes the caller may overwrite afterwards. Throws on an unexpected response. */
  read(packet: Buffer): void {
    const bytes = this.#received ? Buffer.concat([this.#received, packet]) : packet;
    const response = parseResponse(bytes);
    this.#received = response ? undefined : Buffer.from(bytes);
    if (response === undefined) return;
    const onResponse = this.#onResponse;
    if (onResponse === undefined || response.length !== bytes.length) {
      throw new Error('more was answered than asked');
    }
    this.#onResponse = undefined;
    onResponse(response.status);
  }

  /** Stops awaiting a response; returns false when none was awaited. */
  cancel(reason = new Error('cancelled')): boolean {
    if (this.#onResponse === undefined) return false;
    this.#onResponse = undefined;
    this.#onFailure(reason);
    return true;
  }
}

/**
 * Returns status and length of the response at the start of `bytes`, undefined while part of it is missing.
 * Throws unless it is an HTTP/1.1 response that leaves the connection open.
 */
export function parseResponse(bytes: Buffer): { status: number; length: number } | undefined {
  const headLength = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (headLength === -1) return undefined;
  const head = bytes.toString('latin1', 0, headLength);
  const [, status] = /^HTTP\/1\.1 ([2-5]\d\d)/.exec(head) ?? [];
  if (status === undefined) throw new Error(`no HTTP/1.1 answer: ${head.slice(0, 40)}`);
  const length = findEnd(head, status, bytes, headLength + 4);
  const isComplete = length !== undefined && length <= bytes.length;
  return isComplete ? { status: Number(status), length } : undefined;
}

function findEnd(head: string, status: string, bytes: Buffer, start: number): number | undefined {
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length !== undefined) return start + Number(length);
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return findChunksEnd(bytes, start);
  if (status === '204' || status === '304') return start;
  throw new Error('the answer has neither Content-Length nor chunks');
}

/** Finds the end of the last chunk, which is empty; no server of the bench sends trailers. */
function findChunksEnd(bytes: Buffer, start: number): number | undefined {
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('a chunk has no size');
    at = lineEnd + 2 + size + 2;
    if (size === 0) return at;
  }
}
