import test from 'ava';
import { hashSync } from 'bcryptjs';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, logIn, post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from './change-password.ts';

const GOOD = { current_password: PASSWORD, new_password: NEW_PASSWORD };
const JANE = { email: 'jane.roe85@example.com', name: 'Jane Q. Roe' };

const BAD: readonly (readonly [body: unknown, ...pointers: string[]])[] = [
  [{}, '/current_password', '/new_password'],
  [{ current_password: PASSWORD }, '/new_password'],
  [{ new_password: NEW_PASSWORD }, '/current_password'],
  [{ ...GOOD, email: JANE.email }, '""'],
  [{ ...GOOD, currentPassword: PASSWORD }, '""'],
  [{ current_password: null, new_password: 1 }, '/current_password', '/new_password'],
  [
    { current_password: [PASSWORD], new_password: { $ne: '' } },
    '/current_password',
    '/new_password',
  ],
  [{ ...GOOD, current_password: '' }, '/current_password'],
  [{ ...GOOD, current_password: PASSWORD.padEnd(73, 'x') }, '/current_password'],
  [{ ...GOOD, current_password: `${PASSWORD}\0` }, '/current_password'],
  [{ ...GOOD, current_password: 'x'.repeat(10_000) }, '/current_password'],
  [{ ...GOOD, new_password: '' }, '/new_password'],
  [{ ...GOOD, new_password: 'fourteen chars' }, '/new_password'],
  [{ ...GOOD, new_password: '\u{1f600}'.repeat(19) }, '/new_password'],
  [{ ...GOOD, new_password: `${NEW_PASSWORD}\0` }, '/new_password'],
  [{ ...GOOD, new_password: '\ud83d is half of it' }, '/new_password'],
  [{ ...GOOD, new_password: 'x'.repeat(10_000) }, '/new_password'],
  [{ ...GOOD, new_password: 'passwordpassword' }, '/new_password'],
  [{ ...GOOD, new_password: 'iloveyou1234567' }, '/new_password'],
  [{ ...GOOD, new_password: JANE.email }, '/new_password'],
  [{ ...GOOD, new_password: 'Jane Q. Roe 1985' }, '/new_password'],
  [{ ...GOOD, new_password: 'rescind-rescind' }, '/new_password'],
  [{ ...GOOD, new_password: PASSWORD }, '/new_password'],
  [{ current_password: '', new_password: 'short' }, '/current_password', '/new_password'],
];

test('A change with input that is not valid is refused with pointers, changes nothing and repeats nothing', async (t) => {
  const server = await testServer(t);
  const { url, collections } = server;
  const { id, email } = await addUser(collections, JANE);
  const authorization = `Bearer ${await logIn(url, email)}`;
  const before = await collections.users.findOne({ _id: id });
  const answers: Answer[] = [];
  for (const [body, ...pointers] of BAD) {
    const answer = await post(`${url}/api/auth/change-password`, body, { authorization });
    t.is(toOutcome(answer), refusal('invalid_input', ...pointers), JSON.stringify(body));
    for (const { detail } of answer.body.errors) t.regex(detail, /^\w.{5,}\.$/);
    answers.push(answer);
  }
  for (const secret of [PASSWORD, NEW_PASSWORD, 'iloveyou', '$ne']) {
    t.false(isLeaked(secret, answers, server), secret);
  }
  t.deepEqual(await collections.users.findOne({ _id: id }), before);
  t.is(await collections.auditEvents.countDocuments({ action: /^password/ }), 0);
});

test('The fewest characters are configured', async (t) => {
  const { url, collections } = await testServer(t, { PASSWORD_MIN_LENGTH: '8' });
  const { email } = await addUser(collections);
  const next = 'x9#kQ2!m';
  const answer = await changePassword(url, await logIn(url, email), { next });
  t.is(answer.status, 200);
  const again = { current: next, next: 'sunshine' };
  const refused = await changePassword(url, answer.body.access_token, again);
  t.is(toOutcome(refused), refusal('invalid_input', '/new_password'));
  t.regex(refused.body.errors[0].detail, /common/);
});

test('A password from before the rules still logs in, and can be changed', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections, { passwordHash: hashSync('sunshine', 10) });
  const token = await logIn(url, email, 'sunshine');
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  t.is((await changePassword(url, token, { current: 'sunshine' })).status, 200);
});
