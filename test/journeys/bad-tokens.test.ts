import test from 'ava';
import { HOUR } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { issueWithAge } from '../helpers/forged-tokens.ts';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { openScope } from '../helpers/scope.ts';
import { logIn, send, sendAs, sendRaw, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** One server for the tests that need no database of their own: each has users of its own. */
const file = openScope();
const server = await testServer(file);
const { url, secret, collections } = server;
test.after.always(file.end);

test('A request without a bearer token gets missing_token, and a challenge without an error', async (t) => {
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic am9objpkb2U=',
    'Token a.b.c',
    'BearerX a.b.c',
    'a.b.c',
  ]) {
    const headers = authorization === undefined ? undefined : { authorization };
    for (const [method, path] of [
      ['GET', '/api/auth/me'],
      ['POST', '/api/auth/logout'],
      ['POST', '/api/auth/revoke-all-tokens'],
    ] as const) {
      const answer = await send(url + path, { method, ...(headers && { headers }) });
      t.is(toOutcome(answer), refusal('missing_token'), `${path} ${authorization}`);
      t.is(answer.headers.get('www-authenticate'), 'Bearer');
    }
  }
});

test('A token that is not in the Authorization header is not read, and not logged', async (t) => {
  const token = await logIn(url, (await addUser(collections)).email);
  const answers = [
    await send(`${url}/api/auth/me?access_token=${token}`),
    await send(`${url}/api/auth/logout?access_token=${token}`, { method: 'POST' }),
    ...(await Promise.all(
      [
        ['application/json', JSON.stringify({ access_token: token })],
        ['application/x-www-form-urlencoded', `access_token=${token}`],
      ].map(([type = '', body = '']) =>
        send(`${url}/api/auth/logout`, { method: 'POST', headers: { 'content-type': type }, body }),
      ),
    )),
    await send(`${url}/api/auth/me`, { headers: { cookie: `access_token=${token}` } }),
    await send(`${url}/api/auth/me`, { headers: { 'x-access-token': token } }),
  ];
  for (const answer of answers) t.is(toOutcome(answer), refusal('missing_token'));
  t.false(isLeaked(token, answers, server));
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
});

test('Two Authorization headers are refused, whatever is in them', async (t) => {
  const token = await logIn(url, (await addUser(collections)).email);
  for (const [first, second] of [
    [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`],
    [`Authorization: Bearer ${token}`, 'authorization: Bearer junk'],
    ['AUTHORIZATION: Basic am9objpkb2U=', `Authorization: Bearer ${token}`],
    ['Authorization:', `Authorization: Bearer ${token}`],
  ]) {
    for (const line of ['GET /api/auth/me', 'POST /api/auth/logout']) {
      const answer = await sendRaw(
        url,
        `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${first}\r\nX: y\r\n${second}\r\n\r\n`,
      );
      t.is(toOutcome(answer), refusal('several_credentials'), `${line} ${first} ${second}`);
      t.false(isLeaked(token, [answer], server));
    }
  }
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
});

test('A token is refused once it has expired, and when another secret signed it', async (t) => {
  const user = await addUser(collections);
  const expired = await issueWithAge(1 * HOUR, secret, user);
  const foreign = await issueWithAge(0, generateSecret(), user);
  for (const token of [expired, foreign]) {
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('invalid_token'));
    const answer = await sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST');
    t.is(toOutcome(answer), refusal('invalid_token'));
  }
});

test('A token is refused when its user has been disabled or deleted meanwhile', async (t) => {
  const { id: _id, email } = await addUser(collections);
  const token = await logIn(url, email);
  const me = async () => toOutcome(await sendAs(token, `${url}/api/auth/me`));

  await collections.users.updateOne({ _id }, { $set: { disabled_at: new Date() } });
  t.is(await me(), refusal('invalid_token'));
  await collections.users.updateOne({ _id }, { $set: { disabled_at: null } });
  t.is(await me(), '200');
  await collections.users.deleteOne({ _id });
  t.is(await me(), refusal('invalid_token'));
});
