/**
 * HTTP/1.1 on a raw socket, one request at a time. Own code and no HTTP client: on two cores, whatever
 * the generator burns is taken from the database beside it, and a client that makes each request anew
 * (autocannon, for a token per request) burns several times as much.
 */
import { connect } from 'node:net';
import { createAnswerReader } from './answer-reader.ts';

/** An open connection. */
export interface Connection {
  /** Sends a request; the connection is free again when `onAnswer` is called. */
  send(bytes: Uint8Array, onAnswer: (status: number) => void): void;
  /** Whether it can be used. */
  readonly isOpen: boolean;
  close(): void;
}

/**
 * Connects to a port of 127.0.0.1.
 *
 * @param onLost - told when the connection breaks while an answer is awaited, or what came is no answer.
 */
export function openConnection(port: number, onLost: (error: Error) => void): Promise<Connection> {
  const answers = createAnswerReader();

  function lose(error: Error): void {
    socket.destroy();
    if (answers.giveUp()) onLost(error);
  }

  function receive(length: number, buffer: Uint8Array): boolean {
    try {
      answers.take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
    } catch (error) {
      lose(error as Error);
    }
    return true;
  }

  // One buffer for all that comes, and no stream above the socket.
  const onread = { buffer: Buffer.allocUnsafe(16_384), callback: receive };
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
  socket.on('close', () => lose(new Error('the server closed the connection without an answer')));

  return new Promise((resolve, reject) => {
    socket.on('error', (error) => {
      reject(error);
      lose(error);
    });
    socket.once('connect', () =>
      resolve({
        send(bytes, onAnswer) {
          answers.expect(onAnswer);
          socket.write(bytes);
        },
        get isOpen() {
          return socket.writable;
        },
        close: () => socket.destroy(),
      }),
    );
  });
}
