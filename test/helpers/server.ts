import { connect } from 'node:net';
import type { Auth } from '../../lib/auth.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { createApp } from '../../server/app.ts';
import { parseConfig } from '../../server/config/config.ts';
import { listen } from '../../server/http-server.ts';
import { createLog } from '../../server/log.ts';
import { startServer } from '../../server/start.ts';
import { migratedDatabase } from './database.ts';
import type { Scope } from './scope.ts';
import { PASSWORD } from './users.ts';

export type TestServer = Awaited<ReturnType<typeof testServer>>;

/** Starts a server on a free port and a migrated database of the test's own; both end with the test. */
export async function testServer(t: Scope, environment: Record<string, string> = {}) {
  const database = await migratedDatabase(t);
  return { ...database, ...(await serve(t, { MONGODB_URI: database.uri, ...environment })) };
}

/** Starts a server with this environment on a free port; it ends with the test. */
export async function serve(t: Scope, environment: Record<string, string>) {
  const secret = environment['JWT_SECRET_KEY'] ?? generateSecret();
  /** The lines of the log so far, parsed. */
  const log: Record<string, unknown>[] = [];
  const config = parseConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET_KEY: secret,
    BCRYPT_COST: '10',
    REQUEST_DEADLINE: '60s', // the machine may be busy with other tests
    FOLLOW: 'off', // whatever the default is: tests of following ask for it
    ...environment,
  });
  const server = await startServer(
    config,
    createLog('info', { write: (line) => log.push(JSON.parse(line)) }),
  );
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= server.stop();
    return stopped;
  };
  t.teardown(stop);
  return { url: server.url, secret, log, stop };
}

/** Serves an auth of the test's own over HTTP, on a free port, until the test ends. */
export async function serveAuth(t: Scope, auth: Auth): Promise<string> {
  const log = createLog('silent');
  const stopping = new AbortController().signal;
  const options = { stopping, requestDeadline: MINUTE, trustProxy: 0 };
  const app = createApp({ auth, log, ...options });
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0, log });
  t.teardown(() => server.close(0));
  return server.url;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read responses of every shape
  readonly body: any;
}

/** Sends a request and reads the answer. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return toAnswer(response.status, response.headers, await response.text());
}

/** Parses a body that is JSON. */
function toAnswer(status: number, headers: Headers, body: string): Answer {
  const isJson = /json/.test(headers.get('content-type') ?? '') && body !== '';
  return { status, headers, body: isJson ? JSON.parse(body) : body };
}

/** Sends a JSON body by POST. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Sends a request with a bearer token. */
export function sendAs(token: string, url: string, method = 'GET'): Promise<Answer> {
  return send(url, { method, headers: { authorization: `Bearer ${token}` } });
}

/** Logs in over HTTP, again for as long as the server is busy. */
export function postLogin(
  url: string,
  credentials: { readonly email: string; readonly password: string },
  headers: Record<string, string> = {},
): Promise<Answer> {
  return waitFor('A login that is not busy', async () => {
    const answer = await post(`${url}/api/auth/login`, credentials, headers);
    return answer.body?.code !== 'busy' && answer;
  });
}

/** Logs in over HTTP and returns the token. Throws when the login fails. */
export async function logIn(url: string, email: string, password = PASSWORD): Promise<string> {
  const { status, body } = await postLogin(url, { email, password });
  if (status !== 200) throw new Error(`The login was answered ${status} ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Milliseconds without an answer after which a connection is given up that the server leaves open. */
const LATEST_ANSWER = 2 * MINUTE;
/** The same after an answer; five times as long as that one took, where that is longer. */
const SILENCE = 2 * SECOND;

/**
 * Writes bytes, or a text in ISO-8859-1, to a connection of its own, and reads until the server closes it or is silent.
 * Returns the statuses of all answers in order.
 */
export async function converse(url: string, request: string | Buffer) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const started = performance.now();
  const chunks: Buffer[] = [];
  let isClosed = true;
  const giveUp = () => {
    isClosed = false;
    socket.destroy();
  };
  socket.setTimeout(LATEST_ANSWER, giveUp);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.setTimeout(Math.max(SILENCE, 5 * (performance.now() - started)));
  });
  socket.on('error', () => undefined); // it was reset: what has come by then counts
  socket.write(request, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  const text = Buffer.concat(chunks).toString();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text, isClosed };
}

/**
 * Sends bytes that no HTTP client would send, and reads the answer until the server closes the connection.
 * A valid request has to ask for that: `Connection: close`.
 */
export async function sendRaw(url: string, request: string | Buffer): Promise<Answer> {
  const bytes = typeof request === 'string' ? Buffer.from(request) : request;
  const { text, isClosed } = await converse(url, bytes);
  if (!isClosed) throw new Error('The server neither answers nor closes');
  const [head = '', ...bodies] = text.split('\r\n\r\n');
  const lines = [...head.matchAll(/^([\w-]+): *(.*?) *\r?$/gm)];
  const headers = new Headers(lines.map(([, name = '', value = '']) => [name, value]));
  return toAnswer(Number(head.split(' ')[1]), headers, bodies.join('\r\n\r\n'));
}

/** Sends a request with this line and these headers. */
export function sendLines(url: string, line: string, ...headers: string[]): Promise<Answer> {
  const lines = [line, 'Host: x', 'Connection: close', ...headers];
  return sendRaw(url, `${lines.join('\r\n')}\r\n\r\n`);
}
