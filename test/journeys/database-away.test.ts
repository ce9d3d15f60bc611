import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import type { OwnMongod } from '../helpers/mongod.ts';
import { type Answer, logIn, post, send, sendAs, serve } from '../helpers/server.ts';
import { openSession, refresh, type Tokens, toTokens } from '../helpers/sessions.ts';
import { PASSWORD } from '../helpers/users.ts';
import { changePassword } from './change-password.ts';
import { assertUnavailable, openBreakable } from './database-away.ts';

const DEADLINE = 2_000;

interface Fixture {
  readonly mongod: OwnMongod;
  readonly url: string;
  /** Another server, where a login may take its time. */
  readonly patient: string;
  readonly email: string;
  readonly token: string;
  readonly revoked: string;
  /** A session that nobody ends. */
  readonly kept: Tokens;
}

/** A server with a user, a live token and a revoked one, on a mongod that the test may break. */
async function openFixture(t: ExecutionContext): Promise<Fixture> {
  const { mongod, email } = await openBreakable(t);
  const { url: patient, secret } = await serve(t, { MONGODB_URI: mongod.uri });
  const { url } = await serve(t, {
    MONGODB_URI: mongod.uri,
    JWT_SECRET_KEY: secret,
    REQUEST_DEADLINE: `${DEADLINE}ms`,
  });
  const revoked = await logIn(patient, email);
  await sendAs(revoked, `${patient}/api/auth/logout`, 'POST');
  const kept = await openSession(patient, email);
  return { mongod, url, patient, email, token: await logIn(patient, email), revoked, kept };
}

function everyEndpoint({
  url,
  email,
  token,
  revoked,
  kept,
}: Fixture): Record<string, () => Promise<Answer>> {
  return {
    login: () => post(`${url}/api/auth/login`, { email, password: PASSWORD }),
    'a wrong login': () => post(`${url}/api/auth/login`, { email, password: 'wrong' }),
    me: () => sendAs(token, `${url}/api/auth/me`),
    'me with a revoked token': () => sendAs(revoked, `${url}/api/auth/me`),
    refresh: () => refresh(url, kept.refresh),
    'a list of sessions': () => sendAs(token, `${url}/api/auth/sessions`),
    'the end of a session': () =>
      sendAs(token, `${url}/api/auth/sessions/${randomUUID()}`, 'DELETE'),
    'the end of the others': () => sendAs(token, `${url}/api/auth/sessions/revoke-others`, 'POST'),
    logout: () => sendAs(token, `${url}/api/auth/logout`, 'POST'),
    'change-password': () => changePassword(url, token),
    'revoke-all': () => sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST'),
  };
}

async function assertAway(t: ExecutionContext, it: Fixture): Promise<void> {
  for (const [name, request] of Object.entries(everyEndpoint(it))) {
    await assertUnavailable(t, name, request, DEADLINE);
  }
  t.is((await send(`${it.url}/livez`)).status, 200);
  const ready = await send(`${it.url}/readyz`);
  t.is(ready.status, 503);
  t.false(ready.body.checks.database.ok);
}

async function assertRecovers(
  t: ExecutionContext,
  { url, token, revoked, kept }: Fixture,
): Promise<void> {
  const me = () => sendAs(token, `${url}/api/auth/me`);
  await waitFor('A server that recovers by itself', async () => (await me()).status === 200);
  t.is((await send(`${url}/readyz`)).status, 200);
  const { status, body } = await sendAs(revoked, `${url}/api/auth/me`);
  t.deepEqual([status, body.code], [401, 'token_revoked']);
  const next = toTokens(await refresh(url, kept.refresh));
  t.is((await sendAs(next.access, `${url}/api/auth/me`)).status, 200);
}

test('a killed MongoDB means 503 within the deadline, and a restart is enough to recover', async (t) => {
  const it = await openFixture(t);
  await it.mongod.kill();
  await assertAway(t, it);
  await it.mongod.restart();
  await assertRecovers(t, it);
});

test('a frozen MongoDB means 503 within the deadline, and the server recovers with it', async (t) => {
  const it = await openFixture(t);
  it.mongod.freeze();
  await assertAway(t, it);
  it.mongod.thaw();
  const logins = await sendAs(it.token, `${it.url}/api/auth/me`);
  // The logout and the revoke-all that were answered 503 may have happened all the same.
  t.true([200, 401, 503].includes(logins.status));
  await waitFor('A ready server', async () => (await send(`${it.url}/readyz`)).status === 200);
  const fresh = await logIn(it.patient, it.email);
  t.is((await sendAs(fresh, `${it.url}/api/auth/me`)).status, 200);
  t.is((await sendAs(it.revoked, `${it.url}/api/auth/me`)).body.code, 'token_revoked');
});

test('after a kill -9 of MongoDB every acknowledged logout still stands', async (t) => {
  const it = await openFixture(t);
  const { url, patient, email } = it;
  const tokens = await Promise.all(Array.from({ length: 5 }, () => logIn(patient, email)));
  for (const token of tokens) {
    t.is((await sendAs(token, `${url}/api/auth/logout`, 'POST')).status, 200);
  }
  await it.mongod.kill();
  await it.mongod.restart();
  await assertRecovers(t, it);
  for (const token of tokens) {
    t.is((await sendAs(token, `${url}/api/auth/me`)).body.code, 'token_revoked');
  }
});
