import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { connect } from '../../lib/store/mongo/database.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { ageDeployment, migrateNow } from '../helpers/database.ts';
import { sendAs, testServer } from '../helpers/server.ts';
import { openSession, type Tokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** Starts a server, with a user of two sessions, one of which was logged out. */
async function openFixture(t: ExecutionContext) {
  const server = await testServer(t);
  await ageDeployment(server.collections);
  const user = await addUser(server.collections);
  const living = await openSession(server.url, user.email);
  const revoked = await openSession(server.url, user.email);
  const logout = await sendAs(revoked.access, `${server.url}/api/auth/logout`, 'POST');
  t.is(logout.status, 200);
  return { ...server, user, living, revoked };
}

/** Returns the status of `GET /api/auth/me`. */
async function me(url: string, { access }: Tokens): Promise<number> {
  return (await sendAs(access, `${url}/api/auth/me`)).status;
}

const ROUNDS = 5;

/** Observations of clients, and violations among them. */
interface Seen {
  readonly statuses: Set<number>;
  readonly faults: string[];
  logins: number;
}

/** Counts of the times that the collection was about to be lost, was lost, and was re-created since. */
interface Moment {
  losing: number;
  lost: number;
  mended: number;
}

/** Sends requests with an old token until all rounds have ended. */
async function askOn(
  { url }: Fixture,
  tokens: Tokens,
  moment: Moment,
  seen: Seen,
  mayPass: boolean,
) {
  while (moment.mended < ROUNDS) {
    const isPast = moment.lost > 0; // before the request began
    const status = await me(url, tokens);
    seen.statuses.add(status);
    if (status === 200 && (isPast || !mayPass)) seen.faults.push(`an old token passed: ${mayPass}`);
    if (![200, 401, 503].includes(status)) seen.faults.push(String(status));
  }
}

/** Logs in, requests `/me`, logs out and requests `/me` again, until all rounds have ended. */
async function liveOn({ url, user }: Fixture, moment: Moment, seen: Seen) {
  while (moment.mended < ROUNDS) {
    const { mended } = moment;
    const tokens = await openSession(url, user.email).catch((error: Error) => {
      if (!error.message.includes('503')) seen.faults.push(error.message);
    });
    if (tokens === undefined) continue;
    seen.logins++;
    const status = await me(url, tokens);
    const isQuiet = moment.losing === mended; // nothing was lost since before the login, nor is being lost
    if (isQuiet && status !== 200) seen.faults.push(`a login was dead on arrival: ${status}`);
    const { status: out } = await sendAs(tokens.access, `${url}/api/auth/logout`, 'POST');
    if (out === 200 && (await me(url, tokens)) === 200) seen.faults.push('a logout was lost');
  }
}

test('revoked_tokens dropped again and again, and migrated twice at once, while clients go on: nothing un-revoked, nobody dead on arrival', async (t) => {
  const it = await openFixture(t);
  const other = connect(it.uri);
  t.teardown(() => other.close());
  const moment: Moment = { losing: 0, lost: 0, mended: 0 };
  const seen: Seen = { statuses: new Set(), faults: [], logins: 0 };
  const clients = [
    askOn(it, it.living, moment, seen, true),
    askOn(it, it.revoked, moment, seen, false),
    ...Array.from({ length: 3 }, () => liveOn(it, moment, seen)),
  ];
  while (moment.mended < ROUNDS) {
    const before = seen.logins;
    await waitFor('Six logins', () => seen.logins >= before + 6);
    moment.losing++;
    await it.collections.revokedTokens.drop();
    moment.lost++;
    await delay(100);
    await Promise.all([migrateNow(it.db), migrateNow(other.db)]);
    moment.mended++;
  }
  await Promise.all(clients);
  t.deepEqual(seen.faults, []);
  t.deepEqual([...seen.statuses].sort(), [200, 401, 503]);
});
