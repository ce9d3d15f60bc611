import test from 'ava';
import { SECOND } from '../../lib/time.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, post, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const WRONG = 'hunter2 is not it';
const HOME = '192.0.2.1';

/** Logs in from an address, as a proxy would report it. */
function from(ip: string, url: string, email: string, password = WRONG): Promise<Answer> {
  return post(`${url}/api/auth/login`, { email, password }, { 'x-forwarded-for': ip });
}

test('After 10 wrong passwords for an account an address has to wait, whatever it then sends', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  for (let failure = 1; failure <= 10; failure++) {
    t.is(toOutcome(await from(HOME, url, email)), refusal('invalid_credentials'), `${failure}`);
  }
  for (const password of [WRONG, PASSWORD]) {
    const answer = await from(HOME, url, email, password);
    t.is(answer.status, 429);
    t.is(toOutcome(answer), refusal('too_many_logins'));
    const seconds = Number(answer.headers.get('retry-after'));
    t.true(Number.isInteger(seconds) && seconds > 14 * 60 && seconds <= 15 * 60, `${seconds}`);
  }
  t.is((await from('192.0.2.2', url, email, PASSWORD)).status, 200, 'from elsewhere');
  const other = await addUser(collections);
  t.is((await from(HOME, url, other.email, PASSWORD)).status, 200, 'to another account');
});

test('Wrong passwords that come all at once are counted like those that come in turn', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  const wrong: Answer[] = [];
  while (wrong.length < 10) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => from(HOME, url, email)));
    wrong.push(...answers.filter(({ status }) => status === 401));
    for (const answer of answers) t.true([401, 429, 503].includes(answer.status));
  }
  t.is(wrong.length, 10);
  t.is(toOutcome(await from(HOME, url, email)), refusal('too_many_logins'));
});

/** Reads the seconds that a client has to wait. */
function readRetryAfter({ headers }: Answer): number {
  return Number(headers.get('retry-after'));
}

test('30 correct logins of one account at once, from one address, are let in or busy, and none has to wait for longer than a moment', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections);
  let left = 30;
  for (let round = 0; left > 0; round++) {
    const logins = Array.from({ length: left }, () => from(HOME, url, email, PASSWORD));
    const answers = await Promise.all(logins);
    const others = answers.filter(({ status }) => status !== 200);
    t.true(others.length < left, `round ${round} lets some in`);
    for (const answer of others) {
      t.like(answer, { status: 503, body: { code: 'busy' } });
      t.true(
        readRetryAfter(answer) >= 1 && readRetryAfter(answer) <= 2,
        `${readRetryAfter(answer)}`,
      );
    }
    left = others.length;
  }
  t.is((await from(HOME, url, email)).status, 401, 'none of them was a failure');
});

test('Attempts under way are no failures, on whichever server they are', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '2/15m', TRUST_PROXY: '1' };
  const first = await testServer(t, limits);
  const second = await serve(t, { MONGODB_URI: first.uri, ...limits });
  const { email } = await addUser(first.collections);
  const logins = Array.from({ length: 20 }, (_, n) =>
    from(HOME, n % 2 === 0 ? first.url : second.url, email, PASSWORD),
  );
  for (const answer of await Promise.all(logins)) {
    t.true([200, 503].includes(answer.status), toOutcome(answer));
  }
});

test('Logins that a crash left under way are busy for twice the deadline, and no failures then', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '2/15m', REQUEST_DEADLINE: '30s', TRUST_PROXY: '1' };
  const { url, collections } = await testServer(t, limits);
  const { email } = await addUser(collections);
  t.is((await from(HOME, url, email)).status, 401);
  const until = new Date(Date.now() + 30 * SECOND);
  const crashed = { $set: { under_way: [{ id: 'of a server that crashed', until }] } };
  await collections.loginLimits.updateMany({ key: /^pair:/ }, crashed);
  t.like(await from(HOME, url, email, PASSWORD), { status: 503, body: { code: 'busy' } });

  const past = { $set: { 'under_way.$[].until': new Date(Date.now() - 1) } };
  await collections.loginLimits.updateMany({ key: /^pair:/ }, past);
  t.is((await from(HOME, url, email, PASSWORD)).status, 200);
});

test('A login that succeeds is not counted', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '3/15m', LOGIN_FAILURES_PER_ADDRESS: '3/15m' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  const statuses: number[] = [];
  for (const password of [WRONG, PASSWORD, PASSWORD, WRONG, PASSWORD, PASSWORD, WRONG, PASSWORD]) {
    statuses.push((await from(HOME, url, email, password)).status);
  }
  t.deepEqual(statuses, [401, 200, 200, 401, 200, 200, 401, 429]);
});

test('A login that is refused as malformed is not counted', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '1/15m', LOGIN_FAILURES_PER_ADDRESS: '1/15m' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  t.is((await from(HOME, url, email, 'x'.repeat(73))).status, 422);
  t.is((await from(HOME, url, 'not an address')).status, 422);
  t.is((await from(HOME, url, email, PASSWORD)).status, 200);
});

test('The failures of an address are counted over all accounts', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ADDRESS: '4/15m' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  for (const name of ['a', 'b', 'c', 'd']) {
    t.is((await from(HOME, url, `${name}@example.com`)).status, 401);
  }
  t.is(toOutcome(await from(HOME, url, email, PASSWORD)), refusal('too_many_logins'));
  t.is((await from('192.0.2.2', url, email, PASSWORD)).status, 200);
});

test('All addresses of an IPv6 /64 are one address, and so are an IPv4 address and its IPv6 form', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ADDRESS: '2/15m' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  for (const [first, second, third, elsewhere] of [
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:0DB8::1:0:0:0:3', '2001:db8:0:2::1'],
    [HOME, `::ffff:${HOME}`, '::ffff:c000:0201', '192.0.2.2'],
  ] as const) {
    t.is((await from(first, url, 'a@example.com')).status, 401, first);
    t.is((await from(second, url, 'b@example.com')).status, 401, second);
    t.is((await from(third, url, email, PASSWORD)).status, 429, third);
    t.is((await from(elsewhere, url, email, PASSWORD)).status, 200, elsewhere);
  }
});

test('An account that does not exist is answered as one that does, from the first failure to the last', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '2/15m', LOGIN_FAILURES_ANYWHERE: '3/1d' };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  const ips = [
    '192.0.2.1',
    '192.0.2.2',
    '192.0.2.3',
    '192.0.2.4',
    '192.0.2.5',
    '192.0.2.6',
    '192.0.2.7',
  ];
  const timelines: Answer[][] = [];
  for (const address of [email, 'nobody@example.com']) {
    const timeline: Answer[] = [];
    for (const ip of ips) {
      for (let time = 0; time < 3; time++) timeline.push(await from(ip, url, address));
    }
    timelines.push(timeline);
  }
  const [ofOne, ofNobody] = timelines.map((timeline) => timeline.map(toOutcome));
  const [no, wait] = [refusal('invalid_credentials'), refusal('too_many_logins')];
  t.deepEqual(ofOne?.slice(0, 6), [no, no, wait, no, no, wait]);
  t.is(ofOne?.filter((outcome) => outcome === no).length, 11);
  t.deepEqual(ofNobody, ofOne);
  const [waits = [], others = []] = timelines.map((timeline) => timeline.map(readRetryAfter));
  for (const [n, seconds] of waits.entries()) {
    const apart = Math.abs(seconds - (others[n] ?? Number.NaN));
    t.true(apart < 5 * 60, `${n}: ${apart} s, which is the time that the test takes`);
  }
});

test('Neither e-mail addresses nor IP addresses can be read in login_limits', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const { email } = await addUser(collections, { email: 'jane.roe@example.com' });
  const ips = ['198.51.100.23', '2001:db8:aa:bb::cc'];
  for (const ip of ips) {
    await from(ip, url, email, WRONG);
    await from(ip, url, email, PASSWORD);
  }
  const documents = JSON.stringify(await collections.loginLimits.find().toArray());
  t.true(documents.length > 500);
  t.notRegex(documents, /jane|example|198\.51|2001|db8|32\.1\.13\.184/);
});
