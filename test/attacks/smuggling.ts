/** Requests byte by byte, as HTTP clients refuse to send them, and a server to which they are sent. */
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { ageDeployment } from '../helpers/database.ts';
import { issueWithAge } from '../helpers/forged-tokens.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { send, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** Starts a server, with a source of new tokens, each of a session of its own. */
export async function openFixture(t: Scope, environment = {}) {
  const server = await testServer(t, environment);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections);
  return { ...server, token: () => issueWithAge(0, server.secret, user) };
}

/** Opens one fixture for all tests of a file. Returns a function that gives it to them. */
export function shareFixture(): () => Fixture {
  let shared: Fixture;
  const scope = openScope();
  test.before(async () => {
    shared = await openFixture(scope);
  });
  test.after.always(scope.end);
  return () => shared;
}

/** Requests by what is odd about them, made with a good token. */
export type Rows = Readonly<Record<string, (token: string) => string>>;

const HARMLESS = 'refused, and the token lives';

/** Asserts that none of these is answered with 2xx or 5xx, and that none, nor what is hidden in it, has ended a token. */
export async function assertHarmless(t: ExecutionContext, { url, token }: Fixture, rows: Rows) {
  const seen = Object.entries(rows).map(async ([name, make]): Promise<[string, string]> => {
    const used = await token();
    const { statuses, text } = await converse(url, make(used));
    const isRefused = statuses.length > 0 && statuses.every(isRefusal) && !text.includes('"email"');
    const { status } = await sendAs(used, `${url}/api/auth/me`);
    return [name, isRefused && status === 200 ? HARMLESS : `${statuses}, then ${status}`];
  });
  const expected = Object.keys(rows).map((name) => [name, HARMLESS]);
  t.deepEqual(await Promise.all(seen), expected);
  t.is((await send(`${url}/livez`)).status, 200);
}

/** Tells refusals from other statuses; 100 is no answer yet. */
export function isRefusal(status: number): boolean {
  return status === 100 || (status >= 400 && status < 500);
}

export const CHUNKED = 'Transfer-Encoding: chunked';

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
