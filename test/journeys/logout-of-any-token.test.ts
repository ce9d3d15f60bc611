import test from 'ava';
import { HOUR } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { issueWithAge } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const LOGGED_OUT = { message: 'Successfully logged out', token_revoked: true };

test('A logout that is repeated writes again and is answered 200 again', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  for (let round = 1; round <= 3; round++) {
    const { status, body } = await sendAs(token, `${url}/api/auth/logout`, 'POST');
    t.is(status, 200);
    t.deepEqual(body, LOGGED_OUT);
    for (const kind of ['token', 'session'] as const) {
      t.is((await collections.revokedTokens.findOne({ kind }))?.writes, round, kind);
    }
  }
});

test('Ten logouts with one token at the same time are all answered 200, and all counted', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => sendAs(token, `${url}/api/auth/logout`, 'POST')),
  );
  t.deepEqual(
    answers.map(({ status }) => status),
    Array(10).fill(200),
  );
  t.is((await collections.revokedTokens.findOne({ kind: 'token' }))?.writes, 10);
});

test('A token that has expired can still be logged out, and its session with it', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const token = await issueWithAge(2 * HOUR, secret, await addUser(collections));
  t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('invalid_token'));

  const { status, body } = await sendAs(token, `${url}/api/auth/logout`, 'POST');
  t.is(status, 200);
  t.deepEqual(body, LOGGED_OUT);
  t.is(await collections.revokedTokens.countDocuments({ kind: 'session' }), 1);
});

test('A token whose user is disabled or gone can still be logged out', async (t) => {
  const { url, collections } = await testServer(t);
  const disabled = await addUser(collections);
  const gone = await addUser(collections);
  const tokens = [await logIn(url, disabled.email), await logIn(url, gone.email)];
  await collections.users.updateOne({ _id: disabled.id }, { $set: { disabled_at: new Date() } });
  await collections.users.deleteOne({ _id: gone.id });

  for (const token of tokens) {
    t.is((await sendAs(token, `${url}/api/auth/logout`, 'POST')).status, 200);
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
  }
});

test('What is no token of this deployment cannot be logged out, and leaves no trace', async (t) => {
  const { url, collections } = await testServer(t);
  const user = await addUser(collections);
  const foreign = await issueWithAge(0, generateSecret(), user);
  for (const token of [foreign, 'junk', 'a.b.c', `${foreign}=`]) {
    const answer = await sendAs(token, `${url}/api/auth/logout`, 'POST');
    t.is(toOutcome(answer), refusal('invalid_token'), token);
  }
  const bare = await send(`${url}/api/auth/logout`, { method: 'POST' });
  t.is(toOutcome(bare), refusal('missing_token'));
  t.is(await collections.revokedTokens.countDocuments({ kind: { $ne: 'deployment' } }), 0);
});
