/** What the tests of smuggling share: a server, requests that hide another one, and what must become of them. */
import test, { type ExecutionContext } from 'ava';
import { ageDeployment } from '../helpers/database.ts';
import { tokenOfAge } from '../helpers/forged-tokens.ts';
import type { Scope } from '../helpers/scope.ts';
import { send, sendAs, type TestServer, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';
import { converse } from './wire.ts';

export interface Scene extends TestServer {
  /** A new token of a session of its own. */
  token(): Promise<string>;
}

export async function scene(t: Scope, environment = {}): Promise<Scene> {
  const server = await testServer(t, environment);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections);
  return { ...server, token: () => tokenOfAge(0, server.secret, user) };
}

/** One scene for all tests of a file; answers where it is once they run. */
export function sharedScene(): () => Scene {
  let shared: Scene;
  const cleanups: (() => unknown)[] = [];
  test.before(async () => {
    shared = await scene({ teardown: (cleanup) => cleanups.unshift(cleanup) });
  });
  test.after.always(async () => {
    for (const cleanup of cleanups) await cleanup();
  });
  return () => shared;
}

/** Requests by what is odd about them, made with a good token. */
export type Rows = Readonly<Record<string, (token: string) => string>>;

const HARMLESS = 'refused, and the token lives';

/** None of these is answered with 2xx or 5xx, and none of them, nor what is hidden in it, has ended a token. */
export async function assertHarmless(t: ExecutionContext, { url, token }: Scene, rows: Rows) {
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

/** 100 is no answer yet. */
export function isRefusal(status: number): boolean {
  return status === 100 || (status >= 400 && status < 500);
}

export const CHUNKED = 'Transfer-Encoding: chunked';
