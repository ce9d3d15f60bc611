/** Requests byte by byte, as HTTP clients refuse to send them, and a server to which they are sent. */
import test, { type ExecutionContext } from 'ava';
import { ageDeployment } from '../helpers/database.ts';
import { issueWithAge } from '../helpers/forged-tokens.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { converse, send, sendAs, testServer } from '../helpers/server.ts';
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

/** Formats a request of this line and these headers, with `Host: x` where none is among them. */
export function request(line: string, ...headers: string[]): string {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['Host: x'];
  return `${[`${line} HTTP/1.1`, ...host, ...headers].join('\r\n')}\r\n\r\n`;
}
