import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { DAY, SECOND } from '../../lib/time.ts';
import { post, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const HOME = '192.0.2.1';
/** An address of the owner that was never seen before. */
const OWNER = '203.0.113.9';
const NEW_PASSWORD = 'the new one of the owner';
const SEVERAL = 4;

function logInFrom(ip: string, url: string, email: string, password: string) {
  return post(`${url}/api/auth/login`, { email, password }, { 'x-forwarded-for': ip });
}

/** Returns the n-th address that an attack comes from. */
type Origin = (n: number) => string;

const EVERYWHERE: Origin = (n) => `198.${18 + Math.floor(n / 250)}.${n % 250}.1`;

interface Attack {
  readonly passwords: number;
  /** Passwords that each address tries, one after the other. */
  readonly each: number;
  readonly origin?: Origin;
}

/** Sends wrong passwords for the account; answers how often each status came. */
async function attack(url: string, email: string, { passwords, each, origin }: Attack) {
  const statuses: Record<number, number> = {};
  const place = origin ?? EVERYWHERE;
  let sent = 0;
  async function guess(): Promise<void> {
    while (sent < passwords) {
      const ip = place(Math.floor(sent++ / each));
      const { status } = await logInFrom(ip, url, email, `guess number ${sent}`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  }
  await Promise.all(Array.from({ length: SEVERAL }, guess));
  return statuses;
}

test('After 1,000 wrong passwords for an account from other addresses, the right person, at an address with a successful login in the last 30 days, logs in at once', async (t) => {
  t.timeout(900 * SECOND);
  const { url, log, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  t.is((await logInFrom(HOME, url, email, PASSWORD)).status, 200);

  const statuses = await attack(url, email, { passwords: 1_000, each: 50 });
  t.deepEqual(
    log.filter(({ level }) => level === 'error'),
    [],
  );
  t.true(countGuesses(statuses) <= 500, JSON.stringify(statuses));
  for (let time = 0; time < 3; time++) {
    t.is((await logInFrom(HOME, url, email, PASSWORD)).status, 200);
  }
});

/** Counts the passwords that were checked. */
function countGuesses(statuses: Readonly<Record<number, number>>): number {
  return statuses[401] ?? 0;
}

/** Logs in, with a retry after each Retry-After, and returns the total seconds of waiting. */
async function secondsUntilIn(ip: string, url: string, email: string): Promise<number> {
  for (let waited = 0; ; ) {
    const { status, headers } = await logInFrom(ip, url, email, PASSWORD);
    if (status === 200) return waited;
    const seconds = Number(headers.get('retry-after'));
    waited += seconds;
    if (waited > 60) return waited;
    await delay(seconds * SECOND);
  }
}

test('After 1,000 wrong passwords for an account from 100 addresses, and more of them meanwhile, its owner gets in at an address never seen before within 60 s', async (t) => {
  t.timeout(900 * SECOND);
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  const before = await attack(url, email, { passwords: 1_000, each: 10 });
  const [seconds, meanwhile] = await Promise.all([
    secondsUntilIn(OWNER, url, email),
    attack(url, email, { passwords: 200, each: 2 }),
  ]);
  t.true(seconds <= 60, `${seconds}`);
  const guesses = countGuesses(before) + countGuesses(meanwhile);
  t.true(guesses >= 100 && guesses <= 500, `${guesses}`);
  t.is((await logInFrom(OWNER, url, email, 'mistyped')).status, 401, 'it is known from now on');
});

test('After the failures of 10 /64s of one /48 the owner logs in at a new address, and changes the password, at once', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  const token = (await logInFrom(HOME, url, email, PASSWORD)).body.access_token;
  const origin: Origin = (n) => `2001:db8:0:${n}::1`;
  t.true(countGuesses(await attack(url, email, { passwords: 100, each: 10, origin })) > 90);
  t.is((await logInFrom(OWNER, url, email, PASSWORD)).status, 200);
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.10' };
  const body = { current_password: PASSWORD, new_password: NEW_PASSWORD };
  t.is((await post(`${url}/api/auth/change-password`, body, headers)).status, 200);
});

test('An attack on one account leaves the others alone', async (t) => {
  const limits = { LOGIN_FAILURES_ANYWHERE: '5/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const [victim, other] = [await addUser(collections), await addUser(collections)];
  const statuses = await attack(url, victim.email, { passwords: 30, each: 1 });
  t.true(countGuesses(statuses) <= 20, JSON.stringify(statuses));
  t.is((await logInFrom('203.0.113.9', url, other.email, PASSWORD)).status, 200);
});

test('An address is known for 30 days after its last successful login, and to that account only', async (t) => {
  const limits = { LOGIN_FAILURES_ANYWHERE: '5/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const [victim, neighbour] = [await addUser(collections), await addUser(collections)];
  await logInFrom(HOME, url, victim.email, PASSWORD);
  await logInFrom('192.0.2.2', url, neighbour.email, PASSWORD);
  await attack(url, victim.email, { passwords: 30, each: 1 });
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
