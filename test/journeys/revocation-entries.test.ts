import { createHash } from 'node:crypto';
import test from 'ava';
import type { Collections } from '../../lib/store/mongo/collections.ts';
import { DAY, HOUR, MINUTE } from '../../lib/time.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

test('A logout leaves an entry for the token, named by the SHA-256 of what its signature covers', async (t) => {
  const { url, collections } = await testServer(t);
  const user = await addUser(collections);
  const token = await logIn(url, user.email);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  const entry = await collections.revokedTokens.findOne({ kind: 'token' });
  if (entry === null || typeof entry._id === 'string') return t.fail('It has no binary name');
  const { _id, revoked_at, expires_at, ...rest } = entry;
  t.is(_id.sub_type, 0);
  t.is(_id.length(), 32);
  const signed = token.slice(0, token.lastIndexOf('.'));
  t.is(_id.toString('hex'), createHash('sha256').update(signed).digest('hex'));
  t.true(isNow(revoked_at));
  t.is(expires_at?.getTime(), readClaims(token).exp * 1_000 + 24 * HOUR);
  t.deepEqual(rest, {
    kind: 'token',
    user_id: user.id,
    reason: 'logout',
    revoked_by: user.id,
    writes: 1,
    fenced_writes: 1,
  });
});

test('A logout leaves an entry for the session that outlives every token of it', async (t) => {
  const { url, collections } = await testServer(t);
  const user = await addUser(collections);
  const token = await logIn(url, user.email);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  const entry = await collections.revokedTokens.findOne({ kind: 'session' });
  const { _id, revoked_at, expires_at, ...rest } = entry ?? t.fail('There is none');
  t.is(_id, `session:${readClaims(token).sid}`);
  t.true(isNow(revoked_at));
  t.is(Number(expires_at) - Number(revoked_at), 92 * DAY);
  t.deepEqual(rest, {
    kind: 'session',
    user_id: user.id,
    reason: 'logout',
    revoked_by: user.id,
    writes: 1,
    fenced_writes: 1,
  });
});

test('A repeated logout moves the end of an entry later, and keeps when it was revoked', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');
  const before = await collections.revokedTokens.findOne({ kind: 'session' });
  await sendAs(token, `${url}/api/auth/logout`, 'POST');
  const after = await collections.revokedTokens.findOne({ kind: 'session' });

  t.deepEqual(after?.revoked_at, before?.revoked_at);
  t.true(Number(after?.expires_at) > Number(before?.expires_at));
});

test('A repeated logout never moves the end of an entry earlier', async (t) => {
  const { url, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');
  const expires_at = new Date(Date.now() + 400 * DAY);
  const ofLogout = { kind: { $in: ['token', 'session'] as const } };
  await collections.revokedTokens.updateMany(ofLogout, { $set: { expires_at } });
  await sendAs(token, `${url}/api/auth/logout`, 'POST');

  const entries = await collections.revokedTokens.find(ofLogout).toArray();
  t.deepEqual(
    entries.map((entry) => entry.expires_at),
    [expires_at, expires_at],
  );
});

test('revoke-all leaves one entry for the user that never expires, and reaches 10 minutes ahead', async (t) => {
  const { url, collections } = await testServer(t);
  await longAgo(collections.revokedTokens);
  const user = await addUser(collections);
  await sendAs(await logIn(url, user.email), `${url}/api/auth/revoke-all-tokens`, 'POST');

  const entry = await collections.revokedTokens.findOne({ kind: 'user' });
  const { revoked_at, revoked_before, ...rest } = entry ?? t.fail('There is none');
  t.true(isNow(revoked_at));
  t.is(Number(revoked_before) - Number(revoked_at), 10 * MINUTE);
  t.deepEqual(rest, {
    _id: `user:${user.id}`,
    kind: 'user',
    user_id: user.id,
    reason: 'user_requested',
    revoked_by: user.id,
    writes: 1,
    fenced_writes: 1,
  });
});

test('revoke-all reaches further than the cutoff of the deployment, and than its own last one', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const readCutoff = async (kind: 'user' | 'deployment') =>
    Number((await collections.revokedTokens.findOne({ kind }))?.revoked_before);

  await sendAs(await logIn(url, email), `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(await readCutoff('user'), (await readCutoff('deployment')) + 1);
  await sendAs(await logIn(url, email), `${url}/api/auth/revoke-all-tokens`, 'POST');
  t.is(await readCutoff('user'), (await readCutoff('deployment')) + 2);
});

test('Every entry that the server writes passes the validator of its collection', async (t) => {
  const { url, db, collections } = await testServer(t);
  const { email } = await addUser(collections);
  await sendAs(await logIn(url, email), `${url}/api/auth/logout`, 'POST');
  await sendAs(await logIn(url, email), `${url}/api/auth/revoke-all-tokens`, 'POST');

  for (const { name, options } of await db.listCollections({}, { nameOnly: false }).toArray()) {
    const validator = options?.['validator'] ?? t.fail(`${name} has no validator`);
    t.is(await db.collection(name).countDocuments({ $nor: [validator] }), 0, name);
  }
  const kinds = await collections.revokedTokens.distinct('kind');
  t.deepEqual(kinds.sort(), ['deployment', 'session', 'token', 'user']);
});

/** The deployment's cutoff, which reaches ahead after `migrate`, is a thing of the past. */
function longAgo(revokedTokens: Collections['revokedTokens']) {
  return revokedTokens.updateOne({ kind: 'deployment' }, { $set: { revoked_before: new Date(0) } });
}

function isNow(date: Date): boolean {
  return Math.abs(Date.now() - date.getTime()) < MINUTE;
}
