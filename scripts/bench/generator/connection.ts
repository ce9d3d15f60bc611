import { connect } from 'node:net';

/** An HTTP/1.1 connection on a plain socket, for one request at a time. No client library is as cheap. */
export interface Connection {
  /** Returns the status of the response. Rejects when the connection breaks, or on an invalid response. */
  send(bytes: Uint8Array): Promise<number>;
  readonly isOpen: boolean;
  close(): void;
}

/** Connects to a port of 127.0.0.1. */
export function openConnection(port: number): Promise<Connection> {
  const responses = new ResponseReader();
  let fail: (error: Error) => void = () => {};

  function lose(error: Error): void {
    socket.destroy();
    if (responses.cancel()) fail(error);
  }

  function receive(length: number, buffer: Uint8Array): boolean {
    try {
      responses.read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
    } catch (error) {
      lose(error as Error);
    }
    return true;
  }

  // One buffer for all packets, and no stream above the socket.
  const onread = { buffer: Buffer.allocUnsafe(16_384), callback: receive };
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
  const connection: Connection = {
    get isOpen() {
      return socket.writable;
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        fail = reject;
        responses.expect(resolve);
        socket.write(bytes);
      }),
    close: () => socket.destroy(),
  };
  socket.on('close', () => lose(new Error('the server closed the connection without an answer')));
  return new Promise((resolve, reject) => {
    socket
      .on('error', lose)
      .on('error', reject)
      .once('connect', () => resolve(connection));
  });
}

/** Assembles the packets of a connection into responses, of which one at a time is awaited. */
export class ResponseReader {
  #onResponse: ((status: number) => void) | undefined;
  #received: Buffer | undefined;

  expect(onResponse: (status: number) => void): void {
    this.#onResponse = onResponse;
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
  cancel(): boolean {
    const wasAwaited = this.#onResponse !== undefined;
    this.#onResponse = undefined;
    return wasAwaited;
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
