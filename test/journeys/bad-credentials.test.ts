import test, { type ExecutionContext } from 'ava';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, post, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const EMAIL = 'jane.roe@example.com';
const SECRET = 'Tr0ub4dor-and-3';

/** Each of these is refused as input that is not valid, with pointers to what is wrong and no value. */
async function assertInvalid(
  t: ExecutionContext,
  rows: readonly (readonly [body: unknown, ...pointers: string[]])[],
) {
  const server = await testServer(t);
  await addUser(server.collections, { email: EMAIL });
  const answers: Answer[] = [];
  for (const [body, ...pointers] of rows) {
    const answer = await post(`${server.url}/api/auth/login`, body);
    t.is(toOutcome(answer), refusal('invalid_input', ...pointers), JSON.stringify(body));
    for (const { detail } of answer.body.errors) t.regex(detail, /^[A-Z].{10,}\.$|^\w+ .{5,}\.$/);
    answers.push(answer);
  }
  for (const secret of [SECRET, EMAIL, '$ne', 'admin']) {
    t.false(isLeaked(secret, answers, server), secret);
  }
  t.is(await server.collections.auditEvents.countDocuments(), 0);
}

test('A login whose e-mail address or password is not a string is refused, operators of queries above all', (t) =>
  assertInvalid(t, [
    [{ email: { $ne: null }, password: { $ne: null } }, '/email', '/password'],
    [{ email: { $ne: null }, password: SECRET }, '/email'],
    [{ email: { $gt: '' }, password: SECRET }, '/email'],
    [{ email: { $regex: '.*' }, password: SECRET }, '/email'],
    [{ email: EMAIL, password: { $exists: true } }, '/password'],
    [{ email: [EMAIL], password: SECRET }, '/email'],
    [{ email: EMAIL, password: [SECRET] }, '/password'],
    [{ email: null, password: null }, '/email', '/password'],
    [{ email: 1, password: true }, '/email', '/password'],
  ]));

test('A login with too little or too much in it is refused, and what is too much is not named', (t) =>
  assertInvalid(t, [
    [{}, '/email', '/password'],
    [{ email: EMAIL }, '/password'],
    [{ password: SECRET }, '/email'],
    [{ email: EMAIL, password: SECRET, role: 'admin' }, '""'],
    [{ email: EMAIL, password: SECRET, [SECRET]: 1 }, '""'],
    [{ email: EMAIL, password: SECRET, constructor: { prototype: {} } }, '""'],
    [{ Email: EMAIL, password: SECRET }, '/email', '""'],
    [{ $where: 'sleep(1000)', email: EMAIL, password: SECRET }, '""'],
  ]));

test('A password is refused that bcrypt would cut off, or that is none', (t) =>
  assertInvalid(t, [
    [{ email: EMAIL, password: '' }, '/password'],
    [{ email: EMAIL, password: SECRET.padEnd(73, 'x') }, '/password'],
    [{ email: EMAIL, password: '\u{1f600}'.repeat(19) }, '/password'],
    [{ email: EMAIL, password: '\u00fc'.repeat(37) }, '/password'],
    [{ email: EMAIL, password: 'x'.repeat(10_000) }, '/password'],
    [{ email: EMAIL, password: `${SECRET}\0` }, '/password'],
    [{ email: EMAIL, password: `\0${SECRET}` }, '/password'],
    [{ email: 'jane', password: '' }, '/email', '/password'],
  ]));

test('What is not an e-mail address in ASCII is refused', (t) =>
  assertInvalid(
    t,
    [
      '',
      ' ',
      'jane',
      '@example.com',
      'jane@',
      'jane@@example.com',
      'jane@example.com, joe@example.com',
      'Jane <jane@example.com>',
      'jane@example.com\nBcc: joe@example.com',
      'jane\0@example.com',
      'j\u00e4ne@example.com',
      'jane@ex\u00e4mple.com',
      'jan\u0435@example.com',
      'jane\u200b@example.com',
      'jane@example.com.',
      `${'j'.repeat(250)}@example.com`,
      `${'j'.repeat(15_000)}@example.com`,
    ].map((email) => [{ email, password: SECRET }, '/email']),
  ));

test('A password of 72 bytes is read to its last byte', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  for (const password of ['x'.repeat(72), '\u{1f600}'.repeat(18)]) {
    const answer = await post(`${url}/api/auth/login`, { email, password });
    t.is(toOutcome(answer), refusal('invalid_credentials'));
  }
});

test('An account is found by its address in any case and with space around it', async (t) => {
  const { url, collections } = await testServer(t);
  await addUser(collections, { email: EMAIL });
  for (const email of [EMAIL.toUpperCase(), ` ${EMAIL}\n`, 'Jane.Roe@Example.com']) {
    t.is((await post(`${url}/api/auth/login`, { email, password: PASSWORD })).status, 200, email);
  }
});

test('A wrong password, an unknown and a disabled account are answered alike', async (t) => {
  const server = await testServer(t);
  const { url, collections } = server;
  await addUser(collections, { email: EMAIL });
  const disabled = await addUser(collections);
  await collections.users.updateOne({ _id: disabled.id }, { $set: { disabled_at: new Date() } });
  const answers = [
    await post(`${url}/api/auth/login`, { email: EMAIL, password: SECRET }),
    await post(`${url}/api/auth/login`, { email: 'nobody@example.com', password: SECRET }),
    await post(`${url}/api/auth/login`, { email: disabled.email, password: PASSWORD }),
  ];
  for (const answer of answers) {
    t.is(toOutcome(answer), refusal('invalid_credentials'));
    t.is(answer.headers.get('www-authenticate'), 'Bearer');
  }
  for (const secret of [SECRET, PASSWORD]) t.false(isLeaked(secret, answers, server));
});
