import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

test("revoke-all kills every older token of the user and no one else's", async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const tokens = [await logIn(url, email), await logIn(url, email), await logIn(url, email)];
  const stranger = await logIn(url, (await addUser(collections)).email);

  const [caller = ''] = tokens;
  const { status, body } = await sendAs(caller, `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(status, 200);
  t.deepEqual(body, { message: 'All tokens revoked successfully', success: true });

  for (const token of tokens) {
    const answer = await sendAs(token, `${url}/api/auth/me`);
    t.is(answer.status, 401);
    t.like(answer.body, {
      code: 'user_tokens_revoked',
      detail: 'All user tokens have been revoked',
    });
    t.is(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  }
  t.is((await sendAs(stranger, `${url}/api/auth/me`)).status, 200);
});

test('revoke-all reaches the tokens of a login that followed an earlier revoke-all at once', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  for (let round = 1; round <= 3; round++) {
    const token = await logIn(url, email);
    const { status } = await sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST');
    t.is(status, 200);
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  }
  t.is((await collections.revokedTokens.findOne({ kind: 'user' }))?.writes, 3);
});

test('A token that revoke-all has killed cannot revoke all a second time', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const thief = await logIn(url, email);
  await sendAs(await logIn(url, email), `${url}/api/auth/revoke-all-tokens`, 'POST');
  const owner = await logIn(url, email);

  const answer = await sendAs(thief, `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(toOutcome(answer), refusal('user_tokens_revoked'));
  t.is((await sendAs(owner, `${url}/api/auth/me`)).status, 200);
});

test('The most specific revocation speaks: of a token that was logged out too, that it was revoked', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const token = await logIn(url, email);
  await sendAs(await logIn(url, email), `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));

  t.is((await sendAs(token, `${url}/api/auth/logout`, 'POST')).status, 200);
  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
});

test('What is revoked for the whole deployment is revoked for each user, and each can log in again at once', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const before = await logIn(url, email);
  const revoked_before = new Date(Date.now() + 20 * MINUTE);
  await collections.revokedTokens.updateOne({ kind: 'deployment' }, { $max: { revoked_before } });

  t.is(toOutcome(await sendAs(before, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  const after = await logIn(url, email);
  t.is((await sendAs(after, `${url}/api/auth/me`)).status, 200);
  await sendAs(after, `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(toOutcome(await sendAs(after, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
});
