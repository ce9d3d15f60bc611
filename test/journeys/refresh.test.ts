import test from 'ava';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs, serve, testServer } from '../helpers/server.ts';
import { age, openSession, refresh, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';

const AT_ONCE = 50;

test('A refresh gives new tokens of the same session, and both access tokens are good', async (t) => {
  const { url, collections } = await testServer(t);
  const { email, id } = await addUser(collections);
  const first = await openSession(url, email);
  const { status, headers, body } = await refresh(url, first.refresh);
  t.is(status, 200);
  t.is(headers.get('cache-control'), 'no-store');
  const { access_token, refresh_token, ...rest } = body;
  t.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 });
  t.not(access_token, first.access);
  t.not(refresh_token, first.refresh);

  const { sub, sid, stamp, auth_time } = readClaims(first.access);
  t.like(readClaims(access_token), { sub, sid, stamp, auth_time });
  for (const token of [first.access, access_token]) {
    const me = await sendAs(token, `${url}/api/auth/me`);
    t.like(me, { status: 200, body: { id, session_id: first.sessionId } });
  }
});

test('A chain of refreshes goes on for as long as it is followed, and a new access token works each time', async (t) => {
  const { url, collections } = await testServer(t);
  let tokens = await openSession(url, (await addUser(collections)).email);
  const seen = new Set([tokens.refresh]);
  for (let link = 1; link <= 5; link++) {
    if (link > 1) await age(collections, tokens.sessionId, HOUR);
    tokens = toTokens(await refresh(url, tokens.refresh));
    seen.add(tokens.refresh);
    t.is((await sendAs(tokens.access, `${url}/api/auth/me`)).status, 200);
  }
  t.is(seen.size, 6);
  t.like(await collections.sessions.findOne(), { counter: 5, graces: 0, refreshes: 5 });
});

test(`${AT_ONCE} refreshes of one token at the same time all get the same successor, from two servers`, async (t) => {
  const { url, uri, secret, collections } = await testServer(t);
  const other = await serve(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
  const first = await openSession(url, (await addUser(collections)).email);
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, n) => refresh(n % 2 ? url : other.url, first.refresh)),
  );
  t.deepEqual(new Set(answers.map(toOutcome)), new Set(['200']));
  const all = answers.map(toTokens);
  t.is(new Set(all.map((tokens) => tokens.refresh)).size, 1);
  t.is((await collections.sessions.findOne())?.counter, 1);
  const alive = await Promise.all(all.map(({ access }) => sendAs(access, `${url}/api/auth/me`)));
  t.deepEqual(new Set(alive.map(toOutcome)), new Set(['200']));
});

test('The successor that a retry got again works like any other', async (t) => {
  const { url, collections } = await testServer(t);
  const first = await openSession(url, (await addUser(collections)).email);
  const lost = toTokens(await refresh(url, first.refresh));
  const again = toTokens(await refresh(url, first.refresh));
  t.is(again.refresh, lost.refresh);

  const early = toTokens(await refresh(url, again.refresh));
  t.is(early.refresh, again.refresh, 'within the grace there is no second rotation');
  await age(collections, first.sessionId, 2 * MINUTE);
  const next = toTokens(await refresh(url, again.refresh));
  t.not(next.refresh, again.refresh);
  for (const { access } of [first, lost, again, early, next]) {
    t.is((await sendAs(access, `${url}/api/auth/me`)).status, 200);
  }
});

test('An access token never outlives its session', async (t) => {
  const { url, collections } = await testServer(t);
  const { sessionId, refresh: token } = await openSession(url, (await addUser(collections)).email);
  const ends_at = new Date(Date.now() + 5 * MINUTE);
  await collections.sessions.updateOne({ _id: sessionId }, { $set: { ends_at } });
  const { body } = await refresh(url, token);
  const { exp, iat } = readClaims(body.access_token);
  t.is(exp, Math.floor(ends_at.getTime() / 1_000));
  t.is(body.expires_in, exp - iat);
  t.deepEqual((await collections.sessions.findOne())?.expires_at, ends_at);
});

test('A session that ends this second gives no token that is dead on arrival', async (t) => {
  const { url, collections } = await testServer(t);
  const { sessionId, refresh: token } = await openSession(url, (await addUser(collections)).email);
  for (;;) {
    const ends_at = new Date(Date.now() + 900);
    await collections.sessions.updateOne({ _id: sessionId }, { $set: { ends_at } });
    const answer = await refresh(url, token);
    if (answer.status !== 200) {
      t.is(toOutcome(answer), refusal('refresh_token_expired'));
      return;
    }
    t.true(answer.body.expires_in >= 1); // the next full second was within these 900 ms
  }
});

test('A session that is refreshed in time lives on, past the time that its login gave it', async (t) => {
  const { url, collections } = await testServer(t);
  let tokens = await openSession(url, (await addUser(collections)).email);
  const sixDays = ['expires_at', 'ends_at', 'auth_time', 'last_used_at'] as const;
  for (let week = 1; week <= 4; week++) {
    await age(collections, tokens.sessionId, 6 * DAY, sixDays);
    if (week > 1) await age(collections, tokens.sessionId, 6 * DAY);
    tokens = toTokens(await refresh(url, tokens.refresh));
  }
  await age(collections, tokens.sessionId, 6 * DAY + HOUR, [...sixDays, 'rotated_at']);
  const last = await refresh(url, tokens.refresh);
  t.is(toOutcome(last), refusal('refresh_token_expired'), 'it was opened 30 days ago');
});
