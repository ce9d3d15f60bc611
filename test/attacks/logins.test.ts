import test from 'ava';
import { hashSync } from 'bcryptjs';
import { loopTime } from '../helpers/loop-clock.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('Look-alikes of an e-mail address reach no account but that of their normal form', async (t) => {
  const { url, collections } = await testServer(t);
  const email = 'mike.kiss@example.com';
  const { id } = await addUser(collections, { email });
  const rows: Readonly<Record<string, string>> = {
    'a dotted capital İ': 'M\u0130ke.kiss@example.com',
    'a dotless ı': 'm\u0131ke.kiss@example.com',
    'a long ſ': 'mike.ki\u017fs@example.com',
    'a capital ẞ': 'mike.ki\u1e9e@example.com',
    'a small ß': 'mike.ki\u00df@example.com',
    'a Cyrillic е': 'mik\u0435.kiss@example.com',
    'a full-width letter': '\uff4dike.kiss@example.com',
    'a full-width @': 'mike.kiss\uff20example.com',
    'a full-width dot': 'mike.kiss@example\uff0ecom',
    'a ligature': 'mike.ki\ufb06@example.com',
    'a letter with an accent': 'm\u00edke.kiss@example.com',
    'a combining accent': 'mi\u0301ke.kiss@example.com',
    'a zero-width space': 'mike\u200b.kiss@example.com',
    'a zero-width joiner': 'mike\u200d.kiss@example.com',
    'a soft hyphen': 'mike\u00ad.kiss@example.com',
    'a direction mark': '\u202emike.kiss@example.com',
    'a variation selector': 'mike\ufe0f.kiss@example.com',
    'a tag character': 'mike\u{e0061}.kiss@example.com',
    'a NUL': 'mike\0.kiss@example.com',
    'a NUL behind it': 'mike.kiss@example.com\0',
    'a lone surrogate': 'mike\ud800.kiss@example.com',
    'a trailing dot': 'mike.kiss@example.com.',
    'a space inside': 'mike .kiss@example.com',
    'a comment': 'mike.kiss(x)@example.com',
    quotes: '"mike.kiss"@example.com',
    'angle brackets': '<mike.kiss@example.com>',
    'percent encoding': 'mike%2ekiss@example.com',
  };
  for (const [name, look] of Object.entries(rows)) {
    const { status } = await post(`${url}/api/auth/login`, { email: look, password: PASSWORD });
    t.true(status === 422 || status === 401, `${name}: ${status}`);
  }
  for (const own of [email, email.toUpperCase(), ` ${email}\t`, 'MI\u212aE.KISS@EXAMPLE.COM']) {
    const token = await logIn(url, own);
    t.is((await sendAs(token, `${url}/api/auth/me`)).body.id, id, own);
  }
});

test('72-byte twins: a password that agrees with the right one in its first 72 bytes, or up to a NUL, is refused', async (t) => {
  const { url, collections } = await testServer(t);
  const full = 'a password of exactly seventy-two bytes, which is all that bcrypt reads.';
  t.is(Buffer.byteLength(full), 72);
  const umlauts = `${'\u00fc'.repeat(35)}ab`;
  for (const password of [full, umlauts, 'short']) {
    const { email } = await addUser(collections, { passwordHash: hashSync(password, 10) });
    const outcome = async (sent: string) =>
      toOutcome(await post(`${url}/api/auth/login`, { email, password: sent }));
    t.is(await outcome(password), '200');
    const invalid = refusal('invalid_input', '/password');
    for (const twin of [`${password}\0`, `${password}\0x`, `${password}${'x'.repeat(72)}`]) {
      t.is(await outcome(twin), invalid, JSON.stringify(twin));
    }
    for (const other of [password.slice(0, -1), password.toUpperCase()]) {
      t.is(await outcome(other), refusal('invalid_credentials'), other);
    }
  }
});

const AT_ONCE = 200;

/** High, so that a hash takes many times as long as a turn of the event loop. */
const COST = 13;
/** The milliseconds that the event loop turns while one password is checked; far fewer if it hashed itself. */
const FREE_PER_CHECK = 100;

test('200 logins at once are answered or turned away, hold up no event loop, and leave a token good meanwhile', async (t) => {
  const unlimited = '100000/15m';
  const { url, collections } = await testServer(t, {
    BCRYPT_COST: String(COST),
    BCRYPT_THREADS: '1',
    LOGIN_FAILURES_PER_ACCOUNT: unlimited,
    LOGIN_FAILURES_PER_ADDRESS: unlimited,
    LOGIN_FAILURES_ANYWHERE: unlimited,
  });
  const { email } = await addUser(collections, { passwordHash: hashSync(PASSWORD, COST) });
  const token = await logIn(url, email);
  const started = loopTime();
  const storm = Array.from({ length: AT_ONCE }, (_, n) =>
    post(`${url}/api/auth/login`, { email, password: `wrong ${n}` }),
  );
  const me = await sendAs(token, `${url}/api/auth/me`);
  const statuses = (await Promise.all(storm)).map(({ status }) => status);
  const free = loopTime() - started;
  t.is(me.status, 200);
  t.true(
    statuses.every((status) => status === 401 || status === 503),
    String([...new Set(statuses)]),
  );
  t.true(
    statuses.includes(401) && statuses.includes(503),
    'some were checked, the others not even read',
  );
  const checked = statuses.filter((status) => status === 401).length;
  t.true(free > checked * FREE_PER_CHECK, `the loop ran for ${free} ms in ${checked} checks`);
});
