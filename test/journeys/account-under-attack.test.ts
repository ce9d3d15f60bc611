import test from 'ava';
import { DAY, SECOND } from '../../lib/time.ts';
import { post, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { outcomeOf, refusal } from './refusals.ts';

const HOME = '192.0.2.1';
const SEVERAL = 4;

function logInFrom(ip: string, url: string, email: string, password: string) {
  return post(`${url}/api/auth/login`, { email, password }, { 'x-forwarded-for': ip });
}

/** Sends wrong passwords for the account, five from each address; answers how often each status came. */
async function attack(url: string, email: string, passwords: number) {
  const statuses: Record<number, number> = {};
  let sent = 0;
  async function guess(): Promise<void> {
    while (sent < passwords) {
      const host = Math.floor(sent++ / 5);
      const ip = `198.51.${Math.floor(host / 250)}.${host % 250}`;
      const { status } = await logInFrom(ip, url, email, `guess number ${sent}`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: SEVERAL }, guess));
  return statuses;
}

test('After 1,000 wrong passwords for an account from other addresses, the right person, at an address with a successful login in the last 30 days, logs in at once', async (t) => {
  t.timeout(300 * SECOND);
  const { url, log, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  t.is((await logInFrom(HOME, url, email, PASSWORD)).status, 200);

  const statuses = await attack(url, email, 1_000);
  t.deepEqual(
    log.filter(({ level }) => level === 'error'),
    [],
  );
  t.deepEqual(statuses, { 401: 100, 429: 900 });

  t.is((await logInFrom(HOME, url, email, PASSWORD)).status, 200);
  const elsewhere = await logInFrom('203.0.113.9', url, email, PASSWORD);
  t.is(outcomeOf(elsewhere), refusal('too_many_logins'));
  const seconds = Number(elsewhere.headers.get('retry-after'));
  t.true(seconds > 0 && seconds <= DAY / SECOND, `${seconds}`);
  t.is((await logInFrom(HOME, url, email, PASSWORD)).status, 200);
});

test('An attack on one account leaves the others alone', async (t) => {
  const limits = { LOGIN_FAILURES_ANYWHERE: '5/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const [victim, other] = [await addUser(collections), await addUser(collections)];
  t.deepEqual(await attack(url, victim.email, 10), { 401: 5, 429: 5 });
  t.is((await logInFrom('203.0.113.9', url, other.email, PASSWORD)).status, 200);
});

test('An address is known for 30 days after its last successful login, and to that account only', async (t) => {
  const limits = { LOGIN_FAILURES_ANYWHERE: '5/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const [victim, neighbour] = [await addUser(collections), await addUser(collections)];
  await logInFrom(HOME, url, victim.email, PASSWORD);
  await logInFrom('192.0.2.2', url, neighbour.email, PASSWORD);
  await attack(url, victim.email, 10);
  t.is((await logInFrom('192.0.2.2', url, victim.email, PASSWORD)).status, 429);
  t.is((await logInFrom(HOME, url, victim.email, PASSWORD)).status, 200);

  const known = { key: /known/ };
  for (const { expire } of await collections.loginLimits.find(known).toArray()) {
    t.true(Math.abs(expire.getTime() - Date.now() - 30 * DAY) < 60 * SECOND);
  }
  await collections.loginLimits.updateMany(known, { $set: { expire: new Date(Date.now() - 1) } });
  t.is((await logInFrom(HOME, url, victim.email, PASSWORD)).status, 429);
});

test('A thief at a known address is held by the limit for that account and address', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '2/15m', LOGIN_FAILURES_ANYWHERE: '100/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  const statuses: number[] = [];
  for (const password of [PASSWORD, 'guess 1', 'guess 2', 'guess 3', PASSWORD]) {
    statuses.push((await logInFrom(HOME, url, email, password)).status);
  }
  t.deepEqual(statuses, [200, 401, 401, 429, 429]);
});
