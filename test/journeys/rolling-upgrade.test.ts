import { createHmac, hkdfSync } from 'node:crypto';
import test from 'ava';
import { HOUR } from '../../lib/time.ts';
import { secretBytes } from '../../lib/tokens/keys/secret-key.ts';
import { testServer } from '../helpers/server.ts';
import { age, openSession, refresh } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

/** Signs the text of a refresh token as the version before issuer and audience did. */
function signedBefore(text: string, secret: string): string {
  const key = hkdfSync('sha256', secretBytes(secret), '', 'rescind refresh tokens 1', 32);
  return `${text}.${createHmac('sha256', new Uint8Array(key)).update(text).digest('base64url')}`;
}

test('A session of an earlier version refreshes here, and there again', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const { refresh: bound } = await openSession(url, email);
  const [form, kid, sessionId = ''] = bound.split('.');
  const toText = (counter: number) => [form, kid, sessionId, counter].join('.');

  let token = signedBefore(toText(0), secret);
  t.not(token, bound);
  for (const counter of [1, 2, 3]) {
    const { status, body } = await refresh(url, token);
    t.is(status, 200);
    token = body.refresh_token;
    t.is(token, signedBefore(toText(counter), secret));
    await age(collections, sessionId, HOUR);
  }
});

test('A retry of a token of an earlier version gets the same successor', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const { refresh: bound } = await openSession(url, email);
  const token = signedBefore(bound.slice(0, bound.lastIndexOf('.')), secret);
  const [first, again] = [await refresh(url, token), await refresh(url, token)];
  t.is(again.status, 200);
  t.is(again.body.refresh_token, first.body.refresh_token);
});
