import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { SECOND } from '../lib/time.ts';
import { type AnswerHeaders, answerHeaders } from './answer-headers.ts';
import { createDraining } from './draining.ts';
import { listenOn } from './listen-on.ts';
import { HttpProblem, type HttpProblemCode, problemOf } from './problems.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Told of the requests that Node refuses before they reach the application. */
  readonly log: Pick<Logger, 'info'>;
  /** Until a connection on which no further request comes is ended, in milliseconds. Default 65 seconds. */
  readonly keepAliveTimeout?: number;
  /** The headers of every answer. Default: those where no page of another origin may read answers. */
  readonly headers?: AnswerHeaders;
  /** Default: what `npm start` has. */
  readonly slowClients?: SlowClients;
}

/** How long a client may take its time, in milliseconds; then its connection is ended. */
export interface SlowClients {
  /** From its first moment until all headers are there, also where nothing comes at all. */
  readonly headers: number;
  /** Until the whole request is there. */
  readonly request: number;
  /** From the end of an answer to the next request. */
  readonly idle: number;
  /** In which no byte moves, as with one that does not read its answer. Longer than any answer takes. */
  readonly still: number;
  /** How often the first two are looked after: an end comes by so much later. */
  readonly sweep: number;
}

/** For a client that asked for a tunnel to read the refusal, in milliseconds. */
const LAST_READ = SECOND;

const SLOW_CLIENTS: SlowClients = {
  headers: 10 * SECOND,
  request: 15 * SECOND,
  idle: 65 * SECOND,
  still: 75 * SECOND, // REQUEST_DEADLINE is at most 60 s
  sweep: 2 * SECOND,
};

export interface HttpServer {
  readonly url: string;
  /** Takes requests as before, also on new connections; every answer from now on ends its connection. */
  drain(): void;
  /** Takes no new request, lets those under way finish for up to `patience` milliseconds, then cuts them off. */
  close(patience: number): Promise<void>;
}

/** Serves requests. Rejects with CannotListen where the address is of no use. */
export async function listen(handle: RequestListener, options: ListenOptions): Promise<HttpServer> {
  const { headers, request, idle, still, sweep } = limitsOf(options);
  const draining = createDraining();
  const server = createServer(
    {
      headersTimeout: headers,
      requestTimeout: request,
      keepAliveTimeout: idle,
      connectionsCheckingInterval: sweep,
      requireHostHeader: false, // refuseMalformed answers it with a problem document
      ServerResponse: draining.Answer,
    },
    handle,
  );
  server.maxHeadersCount = 0; // 16 KB hold no more than a few thousand, and none is dropped unseen
  server.setTimeout(still);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (GONE.has(error.code ?? '') || !socket.writable) socket.destroy();
    else socket.end(refuse(UNREADABLE[error.code ?? ''] ?? 'bad_request', options));
  });
  server.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => undefined).setTimeout(LAST_READ, () => socket.destroy());
    socket.resume().end(refuse('bad_request', options));
  });
  server.on('connection', draining.connected);
  server.on('checkExpectation', handle); // refuseMalformed answers it too
  await listenOn(server, options);
  return {
    url: urlOf(server),
    drain: draining.begin,
    close: (patience) => draining.close(server, patience),
  };
}

function limitsOf({ slowClients = SLOW_CLIENTS, keepAliveTimeout }: ListenOptions): SlowClients {
  return { ...slowClients, idle: keepAliveTimeout ?? slowClients.idle };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The client left, maybe in the middle of a request: there is no one to answer. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'HPE_INVALID_EOF_STATE']);

const UNREADABLE: Readonly<Record<string, HttpProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Writes the answer to what Node refuses, which never becomes a request: the client gets a problem document
 * with the headers of every answer, and the log a line, all the same.
 */
function refuse(code: HttpProblemCode, { log, headers = answerHeaders() }: ListenOptions): string {
  const id = randomUUID();
  const { status, body } = problemOf(new HttpProblem(code), id);
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
