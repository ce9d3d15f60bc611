import test from 'ava';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope } from '../helpers/scope.ts';
import { logIn, post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from './change-password.ts';

/** A server for the tests without settings of their own: each has users of its own. */
const file = openScope();
const server = await testServer(file);
const { url, collections } = server;
test.after.always(file.end);

test('After a change of the password only the new one logs in', async (t) => {
  const { id, email } = await addUser(collections);
  const before = await collections.users.findOne({ _id: id });
  const answer = await changePassword(url, await logIn(url, email));
  t.is(answer.status, 200);
  t.deepEqual(Object.keys(answer.body), [
    'access_token',
    'token_type',
    'expires_in',
    'refresh_token',
  ]);
  t.is(answer.headers.get('cache-control'), 'no-store');

  const old = await post(`${url}/api/auth/login`, { email, password: PASSWORD });
  t.is(toOutcome(old), refusal('invalid_credentials'));
  const fresh = await logIn(url, email, NEW_PASSWORD);
  for (const token of [answer.body.access_token, fresh]) {
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  }
  const after = await collections.users.findOne({ _id: id });
  for (const field of ['password_changed_at', 'updated_at'] as const) {
    t.true(Number(after?.[field]) > Number(before?.[field]), field);
  }
});

test('A change of the password ends every session there is at once, and opens one that lives', async (t) => {
  const { email } = await addUser(collections);
  const logins = await Promise.all(
    [1, 2, 3].map(() => post(`${url}/api/auth/login`, { email, password: PASSWORD })),
  );
  const stranger = await logIn(url, (await addUser(collections)).email);
  const { body } = await changePassword(url, logins[0]?.body.access_token);

  for (const { body: old } of logins) {
    const { access_token, refresh_token } = old;
    const me = await sendAs(access_token, `${url}/api/auth/me`);
    t.is(toOutcome(me), refusal('user_tokens_revoked'));
    t.is(toOutcome(await changePassword(url, access_token)), refusal('user_tokens_revoked'));
    const refreshed = await post(`${url}/api/auth/refresh`, { refresh_token });
    t.like(refreshed, { status: 401, body: { code: 'refresh_token_revoked' } });
  }
  const { refresh_token } = body;
  const refreshed = await post(`${url}/api/auth/refresh`, { refresh_token });
  for (const token of [body.access_token, refreshed.body.access_token, stranger]) {
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  }
  const { sessions } = (await sendAs(body.access_token, `${url}/api/auth/sessions`)).body;
  t.deepEqual(
    sessions.map(({ current }: { current: boolean }) => current),
    [true],
  );
});

test('One change may follow another at once, and a revoke-all reaches the session of each', async (t) => {
  const { email } = await addUser(collections);
  let token = await logIn(url, email);
  const passwords = [PASSWORD, NEW_PASSWORD, 'a third one, longer', PASSWORD];
  for (const [index, next] of passwords.slice(1).entries()) {
    const answer = await changePassword(url, token, { current: passwords[index] ?? '', next });
    t.is(answer.status, 200, next);
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
    token = answer.body.access_token;
  }
  t.is((await sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST')).status, 200);
  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  await t.notThrowsAsync(logIn(url, email, PASSWORD));
});

test('A wrong current password changes nothing, and the token still works', async (t) => {
  const { id, email } = await addUser(collections);
  const token = await logIn(url, email);
  const before = await collections.users.findOne({ _id: id });
  const wrong = 'hunter2 is not it';
  const answer = await changePassword(url, token, { current: wrong });
  t.is(toOutcome(answer), refusal('wrong_password'));
  t.is(answer.headers.get('www-authenticate'), null);
  t.deepEqual(await collections.users.findOne({ _id: id }), before);
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  for (const secret of [wrong, NEW_PASSWORD]) t.false(isLeaked(secret, [answer], server));
});

test('Wrong current passwords are counted by session, from whichever address, so that a stolen token guesses no password', async (t) => {
  const limits = { LOGIN_FAILURES_PER_ACCOUNT: '3/15m', TRUST_PROXY: '1' };
  const { url, collections } = await testServer(t, limits);
  const { email } = await addUser(collections);
  const [stolen, own] = [await logIn(url, email), await logIn(url, email)];
  const outcomes: string[] = [];
  for (const [n, current] of ['wrong', 'wrong', 'wrong', PASSWORD].entries()) {
    const ip = `192.0.2.${n}`;
    outcomes.push(toOutcome(await changePassword(url, stolen, { current, ip })));
  }
  const [wrong, wait] = [refusal('wrong_password'), refusal('too_many_logins')];
  t.deepEqual(outcomes, [wrong, wrong, wrong, wait]);
  t.is((await changePassword(url, own, { ip: '192.0.2.1' })).status, 200, 'the own session');
});

test('Failed logins of strangers, at the address of the user too, hinder no change of the password', async (t) => {
  const limits = {
    LOGIN_FAILURES_PER_ACCOUNT: '2/15m',
    LOGIN_FAILURES_PER_ADDRESS: '2/15m',
    LOGIN_FAILURES_ANYWHERE: '1/1d',
  };
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1', ...limits });
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  const ips = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
  for (const ip of ips) {
    const headers = { 'x-forwarded-for': ip };
    await post(`${url}/api/auth/login`, { email, password: 'wrong' }, headers);
  }
  t.is((await changePassword(url, token, { ip: '192.0.2.1' })).status, 200);
});

test('A change that succeeds, or is refused as malformed, is not counted', async (t) => {
  const { url, collections } = await testServer(t, { LOGIN_FAILURES_PER_ACCOUNT: '1/15m' });
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  t.is((await changePassword(url, token, { next: 'short' })).status, 422);
  const first = await changePassword(url, token);
  const second = await changePassword(url, first.body.access_token, {
    current: NEW_PASSWORD,
    next: PASSWORD,
  });
  t.deepEqual([first.status, second.status], [200, 200]);
});

test('A change and a failed one are in the audit trail, without the passwords', async (t) => {
  const { url, collections } = await testServer(t, { TRUST_PROXY: '1' });
  const user = await addUser(collections, { companyId: 'acme' });
  const token = await logIn(url, user.email);
  await changePassword(url, token, { current: 'hunter2 is not it' });
  await changePassword(url, token);
  const events = await collections.auditEvents
    .find({ action: /^password/ }, { sort: { at: 1 } })
    .toArray();
  const someone = { user_id: user.id, company_id: 'acme', actor_id: user.id, ip: '192.0.2.1' };
  t.is(events.length, 2);
  const reason = 'wrong_password';
  t.like(events[0], { ...someone, action: 'password_change_failed', details: { reason } });
  t.like(events[1], { ...someone, action: 'password_changed', details: {} });
  t.notRegex(JSON.stringify(events), /hunter2|horse/);
});

test('A disabled user changes nothing', async (t) => {
  const { id, email } = await addUser(collections);
  const token = await logIn(url, email);
  await collections.users.updateOne({ _id: id }, { $set: { disabled_at: new Date() } });
  t.is(toOutcome(await changePassword(url, token)), refusal('invalid_token'));
});
