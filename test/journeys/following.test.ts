/** Two servers that follow one database, over HTTP and as processes of their own. */
import test, { type ExecutionContext } from 'ava';
import { longestLease } from '../../lib/store/followers/obstacles.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, send, sendAs, serve } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';
import { readLease, untilHeld } from './leases.ts';

/** Follows under the longest lease, so that none lapses on a busy machine. */
const FOLLOWING = { FOLLOW: 'auto', FOLLOWER_LEASE: '30s', REQUEST_DEADLINE: '60s' };

/** Starts two servers on one database and secret, with an admin, and waits until both follow. */
async function openFixture(t: ExecutionContext) {
  const database = await migratedDatabase(t);
  const { uri, collections } = database;
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), ...FOLLOWING };
  const [here, there] = [await serve(t, env), await serve(t, env)];
  await Promise.all([untilHeld(here.url), untilHeld(there.url)]);
  const user = await addUser(collections, { roles: ['admin'] });
  return { ...database, env, here: here.url, there: there.url, user };
}

/** Returns the outcome of `GET /api/auth/me` with this token. */
const me = async (url: string, token: string) =>
  toOutcome(await sendAs(token, `${url}/api/auth/me`));

test('what one server revokes, the other refuses from the moment of the answer on', async (t) => {
  const { here, there, user } = await openFixture(t);
  for (const [path, code] of [
    ['/api/auth/logout', 'token_revoked'],
    ['/api/auth/revoke-all-tokens', 'user_tokens_revoked'],
    ['/api/admin/revoke-everyone', 'user_tokens_revoked'],
  ] as const) {
    for (const [at, other] of [
      [here, there],
      [there, here],
    ] as const) {
      const token = await logIn(at, user.email);
      for (const url of [here, there, here, there]) t.is(await me(url, token), '200');
      t.is((await sendAs(token, at + path, 'POST')).status, 200);
      t.is(await me(other, token), refusal(code), path);
      t.is(await me(at, token), refusal(code), path);
    }
  }
});

test('a role that is taken away in the database is followed, and a user who is disabled there, too', async (t) => {
  const { here, there, user, collections } = await openFixture(t);
  const token = await logIn(here, user.email);
  const stats = (url: string) => sendAs(token, `${url}/api/admin/stats`);
  for (const url of [here, there]) t.is((await stats(url)).status, 200);
  await collections.users.updateOne({ _id: user.id }, { $pull: { roles: 'admin' } });
  for (const url of [here, there]) {
    await waitFor('The role', async () => (await stats(url)).status === 403);
    t.is(await me(url, token), '200');
  }
  await collections.users.updateOne({ _id: user.id }, { $set: { disabled_at: new Date() } });
  for (const url of [here, there]) {
    await waitFor('The end', async () => (await me(url, token)) === refusal('invalid_token'));
  }
});

test('a server follows through the delay of its stop, then its document is gone', async (t) => {
  const { env, collections, here, user } = await openFixture(t);
  const token = await logIn(here, user.email);
  const count = () => collections.followers.countDocuments();
  const server = await startServerProcess(t, { ...env, SHUTDOWN_DELAY: '10m' });
  await untilHeld(server.url);
  t.is(await count(), 3);
  t.is(await me(server.url, token), '200');
  server.kill('SIGTERM');
  const stopping = async () => (await send(`${server.url}/readyz`)).status === 503;
  await waitFor('The beginning of the stop', stopping);
  t.regex(await readLease(server.url), /^The lease holds/, 'it follows through the delay');
  t.is(await count(), 3);
  t.is(await me(server.url, token), '200');
  t.is((await sendAs(token, `${here}/api/auth/logout`, 'POST')).status, 200);
  t.is(await me(server.url, token), refusal('token_revoked'), 'and is waited for');
  server.kill('SIGQUIT'); // skips the rest of the delay
  t.is((await server.finished).code, 0);
  t.is(await count(), 2);
  const next = await logIn(here, user.email);
  t.is((await sendAs(next, `${here}/api/auth/logout`, 'POST')).status, 200);
});

test('beside a killed server with the longest lease a revocation is answered within the deadline', async (t) => {
  const deadline = 12_000; // a tenth of it is more than the second that is left beside the wait
  const { uri, collections } = await migratedDatabase(t);
  const user = await addUser(collections);
  const env = {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    FOLLOW: 'auto',
    FOLLOWER_LEASE: `${longestLease(deadline)}ms`,
    REQUEST_DEADLINE: `${deadline}ms`,
  };
  const [here, there] = [await serve(t, env), await startServerProcess(t, env)];
  await Promise.all([untilHeld(here.url), untilHeld(there.url)]);
  const token = await logIn(here.url, user.email);
  t.is(await me(there.url, token), '200');
  there.kill('SIGKILL');
  await there.finished;
  const start = performance.now();
  t.is((await sendAs(token, `${here.url}/api/auth/logout`, 'POST')).status, 200);
  const took = performance.now() - start;
  t.true(took >= longestLease(deadline), `it waited for the lease: ${took} ms`);
  t.true(took <= deadline, `${took} ms`);
  t.is(await me(here.url, token), refusal('token_revoked'));
});
