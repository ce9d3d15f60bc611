import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../lib/time.ts';
import { HttpProblem, type HttpProblemCode, problemOf } from './problems.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface HttpServer {
  readonly url: string;
  /** Takes no new request, lets those under way finish for up to `patience` milliseconds, then cuts them off. */
  close(patience: number): Promise<void>;
}

/** Serves requests. Rejects with the system's error (`EADDRINUSE`, `EACCES`) when it cannot listen. */
export async function listen(handle: RequestListener, options: ListenOptions): Promise<HttpServer> {
  const server = createServer(
    {
      headersTimeout: 10 * SECOND,
      requestTimeout: 15 * SECOND,
      keepAliveTimeout: 65 * SECOND, // longer than a load balancer's, so that it closes first
      connectionsCheckingInterval: 2 * SECOND,
      requireHostHeader: false, // refuseMalformed answers it with a problem document
    },
    handle,
  );
  server.on('clientError', answerUnreadable);
  server.on('checkExpectation', refuseExpectation);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  return { url: urlOf(server), close: (patience) => close(server, patience) };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const UNREADABLE: Readonly<Record<string, HttpProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** What Node's parser refuses never becomes a request; the client still gets a problem document. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = problemOf(
    new HttpProblem(UNREADABLE[error.code ?? ''] ?? 'bad_request'),
  );
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** RFC 9110 section 10.1.1: `100-continue` is the only expectation there is. */
function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const { status, body } = problemOf(new HttpProblem('expectation_failed'));
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

const SWEEP = 100;

/** Node waits for idle keep-alive connections as for busy ones, so they are closed here, again and again. */
async function close(server: Server, patience: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
  const cut = delay(patience, undefined, { ref: false }).then(() => server.closeAllConnections());
  server.closeIdleConnections();
  await Promise.race([closed, cut.then(() => closed)]);
  clearInterval(sweep);
}
