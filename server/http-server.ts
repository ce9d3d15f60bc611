import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { SECOND } from '../lib/time.ts';
import { type AnswerHeaders, answerHeaders } from './answer-headers.ts';
import { createClose } from './close-server.ts';
import { listenOn } from './listen-on.ts';
import { HttpProblem, type HttpProblemCode, toProblemAnswer } from './problems.ts';

export interface ListenOptions {
  readonly host: string;
  /** The port, or 0 for any free port. */
  readonly port: number;
  /** Logs the requests that Node rejects before they reach the application. */
  readonly log: Pick<Logger, 'info'>;
  /** Headers of every response. Default: the headers of a server without CORS origins. */
  readonly headers?: AnswerHeaders;
  /** Overrides some of the default timeouts. */
  readonly timeouts?: Partial<Timeouts>;
}

/** Timeouts for slow clients, in milliseconds. A connection that exceeds a timeout is closed. */
export interface Timeouts {
  /** Maximum time from the start of a connection or request until all headers have arrived. */
  readonly headersTimeout: number;
  /** Maximum time until the whole request, with its body, has arrived. */
  readonly requestTimeout: number;
  /** Maximum time from the end of a response to the next request. */
  readonly keepAliveTimeout: number;
  /** Maximum time without traffic. Must exceed the time of any request, as no byte moves while the server works on one. */
  readonly inactivityTimeout: number;
  /** Time between two checks of `headersTimeout` and `requestTimeout`, which take effect only at a check. */
  readonly checkInterval: number;
}

const TIMEOUTS: Timeouts = {
  headersTimeout: 10 * SECOND,
  requestTimeout: 15 * SECOND,
  keepAliveTimeout: 65 * SECOND,
  inactivityTimeout: 75 * SECOND, // longer than 60 s, the maximum of REQUEST_DEADLINE
  checkInterval: 2 * SECOND,
};

/** Milliseconds after which the socket of a rejected CONNECT request is closed, even if the response is unread. */
const LAST_READ = SECOND;

export interface HttpServer {
  readonly url: string;
  /** Stops listening, lets requests under way finish for up to `timeout` milliseconds, then closes all sockets. */
  close(timeout: number): Promise<void>;
}

/** Listens and serves requests. Rejects with CannotListen when the address cannot be used. */
export async function listen(handle: RequestListener, options: ListenOptions): Promise<HttpServer> {
  const { inactivityTimeout, checkInterval, ...timeouts } = { ...TIMEOUTS, ...options.timeouts };
  const server = createServer(
    {
      ...timeouts,
      connectionsCheckingInterval: checkInterval,
      requireHostHeader: false, // lets rejectMalformed check the Host header and respond with a problem document
    },
    handle,
  );
  server.maxHeadersCount = 0; // no maximum, because Node silently drops headers above it; 16 KiB limits all headers
  server.setTimeout(inactivityTimeout);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (GONE.has(error.code ?? '') || !socket.writable) socket.destroy();
    else socket.end(writeRejection(UNREADABLE[error.code ?? ''] ?? 'bad_request', options));
  });
  server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => undefined).setTimeout(LAST_READ, () => socket.destroy());
    socket.resume().end(writeRejection('bad_request', options));
  });
  const close = createClose(server);
  server.on('checkExpectation', handle); // lets rejectMalformed check the Expect header
  await listenOn(server, options);
  return { url: formatUrl(server), close };
}

function formatUrl(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Codes of errors that get no response, because the client has closed the connection. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

const UNREADABLE: Readonly<Record<string, HttpProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Logs a request that Node rejects before it reaches the application. Returns the text of the response: a problem
 * document, with the headers that every response has.
 */
function writeRejection(
  code: HttpProblemCode,
  { log, headers = answerHeaders() }: ListenOptions,
): string {
  const id = randomUUID();
  const { status, body } = toProblemAnswer(new HttpProblem(code), id);
  log.info({ request_id: id, status, code }, 'request');
  const text = JSON.stringify(body);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `X-Request-Id: ${id}`,
    `Date: ${new Date().toUTCString()}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
    '',
    text,
  ].join('\r\n');
}
