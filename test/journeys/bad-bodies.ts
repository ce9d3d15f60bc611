import type { ExecutionContext } from 'ava';
import { isLeaked, toOutcome } from '../helpers/refusals.ts';
import { type Answer, send, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

export const EMAIL = 'jane.roe@example.com';
export const SECRET = 'Tr0ub4dor-and-3';
export const JSON_TYPE = { 'content-type': 'application/json' };
export const GOOD = JSON.stringify({ email: EMAIL, password: SECRET });

interface Row {
  readonly name: string;
  readonly body?: string | Buffer | FormData;
  readonly headers?: Record<string, string>;
}

/** Asserts that each body is refused alike at a login, and that nothing of it is in an answer or the log. */
export async function assertRefused(t: ExecutionContext, expected: string, rows: readonly Row[]) {
  const server = await testServer(t);
  await addUser(server.collections, { email: EMAIL });
  const answers: Answer[] = [];
  const seen: [name: string, outcome: string][] = [];
  for (const { name, body = null, headers = JSON_TYPE } of rows) {
    const answer = await send(`${server.url}/api/auth/login`, { method: 'POST', headers, body });
    answers.push(answer);
    seen.push([name, toOutcome(answer)]);
  }
  t.deepEqual(
    seen,
    rows.map(({ name }) => [name, expected]),
  );
  for (const secret of [SECRET, EMAIL, 'roe@']) t.false(isLeaked(secret, answers, server), secret);
}
