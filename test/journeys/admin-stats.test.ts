import { randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { Binary } from 'mongodb';
import { DAY } from '../../lib/time.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { adminServer } from '../helpers/admin.ts';
import { underFault } from '../helpers/failpoint.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs, serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const toDay = (time: number) => new Date(time).toISOString().slice(0, 10);

type AdminServer = Awaited<ReturnType<typeof adminServer>>;

function stats({ url, token }: AdminServer, query = '') {
  return sendAs(token, `${url}/api/admin/stats${query}`);
}

/** The sums of all days: a test may run over midnight. */
async function sums(server: AdminServer) {
  const { days } = (await stats(server)).body;
  const sum = (name: string) =>
    days.reduce((total: number, day: Record<string, number>) => total + (day[name] ?? 0), 0);
  return [sum('revocations'), sum('refused_revoked'), sum('store_failures')];
}

/** Servers write every ten seconds. */
async function untilSums(server: AdminServer, expected: readonly number[]): Promise<number[]> {
  return waitFor(
    `Sums of ${expected}`,
    async () => {
      const found = await sums(server);
      return String(found) === String(expected) && found;
    },
    { interval: 500 },
  );
}

test('The days are by UTC, the newest first, and those without anything have noughts', async (t) => {
  const server = await adminServer(t);
  const now = Date.now();
  const [today, before, long] = [now, now - 2 * DAY, now - 40 * DAY].map(toDay);
  await server.collections.dailyCounts.insertMany([
    { _id: `${before}:revocations`, day: new Date(`${before}`), n: 5 },
    { _id: `${before}:store_failures`, day: new Date(`${before}`), n: 7 },
    { _id: `${before}:something_else`, day: new Date(`${before}`), n: 9 },
    { _id: `${long}:refused_revoked`, day: new Date(`${long}`), n: 3 },
  ]);
  const none = { revocations: 0, refused_revoked: 0, store_failures: 0 };
  const { status, body } = await stats(server, '?days=3');
  t.is(status, 200);
  t.deepEqual(body.days, [
    { day: today, ...none },
    { day: toDay(now - DAY), ...none },
    { day: before, ...none, revocations: 5, store_failures: 7 },
  ]);
  t.is((await stats(server)).body.days.length, 7);
  t.is((await stats(server, '?days=1')).body.days.length, 1);
  const all = (await stats(server, '?days=90')).body.days;
  t.is(all.length, 90);
  t.like(all[40], { day: long, refused_revoked: 3 });
});

test('Revocations and refused revoked tokens are counted, on every server of the deployment', async (t) => {
  const server = await adminServer(t);
  const { url, uri, secret, collections } = server;
  const second = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const { email, id } = await addUser(collections);
  const credentials = { email, password: PASSWORD };
  const { access_token: first } = (await post(`${url}/api/auth/login`, credentials)).body;
  const { access_token: other, refresh_token } = (await post(`${url}/api/auth/login`, credentials))
    .body;
  await sendAs(first, `${url}/api/auth/logout`, 'POST'); // a revocation
  await sendAs(first, `${url}/api/auth/logout`, 'POST'); // written again: one more
  await sendAs(server.token, `${url}/api/admin/users/${id}/revoke-tokens`, 'POST'); // one more
  for (const at of [url, second.url]) {
    t.is(toOutcome(await sendAs(first, `${at}/api/auth/me`)), refusal('token_revoked'));
    t.is(toOutcome(await sendAs(other, `${at}/api/auth/me`)), refusal('user_tokens_revoked'));
  }
  t.is((await post(`${second.url}/api/auth/refresh`, { refresh_token })).status, 401);
  // What is refused for another reason is not a revoked token.
  await sendAs('a.b.c', `${url}/api/auth/me`);
  await post(`${url}/api/auth/refresh`, { refresh_token: 'rt1.junk' });
  await post(`${url}/api/auth/login`, { email, password: 'wrong' });

  const expected = [3, 5, 0];
  t.deepEqual(await untilSums(server, expected), expected);
});

test('What was counted is written when a server stops', async (t) => {
  const server = await adminServer(t);
  const { uri, secret, url, collections } = server;
  const revoked = await logIn(url, (await addUser(collections)).email);
  await sendAs(revoked, `${url}/api/auth/logout`, 'POST');
  const second = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  await sendAs(revoked, `${second.url}/api/auth/me`);
  await second.stop();
  t.is((await sums(server))[1], 1);
});

// Serial, because a mongod has one failCommand for all.
test.serial('A request that the database fails is counted', async (t) => {
  const server = await adminServer(t);
  const { url, token, db } = server;
  const fault = {
    mode: { times: 2 }, // the driver tries a read again by itself
    failCommands: ['find'],
    namespace: `${db.databaseName}.revoked_tokens`,
    closeConnection: true,
  } as const;
  await underFault(fault, async () => {
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 503);
  });
  t.deepEqual(await untilSums(server, [0, 0, 1]), [0, 0, 1]);
});

test('What is revoked now is counted by kind', async (t) => {
  const server = await adminServer(t);
  const now = new Date();
  const shared = { revoked_at: now, writes: 1, fenced_writes: 1, user_id: randomUUID() };
  await server.collections.revokedTokens.insertMany([
    ...[Buffer.alloc(32, 0), Buffer.alloc(32, 0xff), randomBytes(32)].map((bytes) => ({
      _id: new Binary(bytes),
      kind: 'token' as const,
      ...shared,
      expires_at: new Date(now.getTime() + DAY),
    })),
    ...[0, 1].map(() => ({
      _id: `session:${randomUUID()}`,
      kind: 'session' as const,
      ...shared,
      expires_at: new Date(now.getTime() + DAY),
    })),
    ...[0, 1, 2, 3].map(() => ({
      _id: `user:${randomUUID()}`,
      kind: 'user' as const,
      ...shared,
      revoked_before: now,
    })),
    { _id: 'key:kid', kind: 'key' as const, revoked_at: now, writes: 1, fenced_writes: 1 },
  ]);
  const exactly = (count: number) => ({ count, is_lower_bound: false });
  t.deepEqual((await stats(server)).body.revoked_tokens, {
    token: exactly(3),
    session: exactly(2),
    key: exactly(1),
    user: exactly(4),
  });
});

test('A query that is not of the schema is 422', async (t) => {
  const server = await adminServer(t);
  for (const [query, pointer] of [
    ['days=0', '/days'],
    ['days=91', '/days'],
    ['days=-7', '/days'],
    ['days=7.0', '/days'],
    ['days=seven', '/days'],
    ['days=', '/days'],
    ['days=7&days=7', '/days'],
    ['days[]=7', '""'],
    ['day=7', '""'],
  ] as const) {
    const answer = await stats(server, `?${query}`);
    t.is(toOutcome(answer), refusal('invalid_input', pointer), query);
  }
});
