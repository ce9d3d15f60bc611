import { randomUUID } from 'node:crypto';
import test from 'ava';
import { createAuth } from '../../lib/auth.ts';
import { SENTINEL } from '../../lib/store/mongo/collections.ts';
import { PROBE } from '../../lib/store/revocations/entry-ids.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { PATIENT } from '../helpers/auth.ts';
import { migratedDatabase, migrateNow, schema3Database } from '../helpers/database.ts';
import { rescind, run, SERVER } from '../helpers/processes.ts';
import { logIn, send, sendAs, serve, serveAuth } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const INDEXES = {
  revoked_tokens: { token_hash: 1 },
  users: { phone: 1 },
  sessions: { token: 1 },
  audit_events: { event_id: 1 },
  login_limits: { name: 1 },
  clients: { client_id: 1 },
  daily_counts: { date: 1 },
  followers: { name: 1 },
} as const;

for (const [collection, key] of Object.entries(INDEXES)) {
  test(`/readyz is 503 and names a unique index that refuses what is written to ${collection}`, async (t) => {
    const { db } = await migratedDatabase(t);
    await db.collection(collection).createIndex(key, { unique: true });
    const auth = await createAuth({ db, secrets: [generateSecret()], ...PATIENT });
    t.teardown(() => auth.close());
    const { status, body } = await send(`${await serveAuth(t, auth)}/readyz`);
    t.deepEqual([status, body.checks.indexes.ok], [503, false]);
    t.regex(body.checks.indexes.detail, new RegExp(`_1 of ${collection} is unique.*dropIndex`));
  });
}

const DELETING = {
  revoked_tokens: { revoked_at: 1 },
  users: { created_at: 1 },
  sessions: { stamp: -1 },
  clients: { created_at: 1 },
  login_limits: { since: 1 },
  followers: { renewed_at: 1 },
} as const;

for (const [collection, key] of Object.entries(DELETING)) {
  test(`/readyz is 503 and names a TTL index that deletes from ${collection} what has to stay`, async (t) => {
    const { db } = await migratedDatabase(t);
    const own = 'stamp' in key ? 'stamp_-1' : undefined;
    if (own !== undefined) await db.collection(collection).dropIndex(own);
    const options = { expireAfterSeconds: 3_600, name: 'cleanup' };
    await db.collection(collection).createIndex(key, options);
    const auth = await createAuth({ db, secrets: [generateSecret()], ...PATIENT });
    t.teardown(() => auth.close());
    const { status, body } = await send(`${await serveAuth(t, auth)}/readyz`);
    t.deepEqual([status, body.checks.indexes.ok], [503, false]);
    t.regex(body.checks.indexes.detail, new RegExp(`${collection} has a TTL index.*dropIndex`));
  });
}

test('a server of this version is ready on schema 3, also beside followers of another application', async (t) => {
  const { uri, db, collections } = await schema3Database(t);
  await db.collection('followers').createIndex({ name: 1 }, { unique: true });
  await db.collection('followers').insertOne({ name: 'of somebody else', lease: 'a flat' });
  const { url } = await serve(t, { MONGODB_URI: uri });
  const { status, body } = await send(`${url}/readyz`);
  t.deepEqual([status, body.status], [200, 'ready']);
  const token = await logIn(url, (await addUser(collections)).email);
  t.is((await sendAs(token, `${url}/api/auth/revoke-all-tokens`, 'POST')).status, 200);
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 401);
});

test('a server does not start, with exit code 78, on a schema before 3', async (t) => {
  const { uri, collections } = await schema3Database(t);
  await collections.schema.updateOne({}, { $set: { version: 2 } });
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), PORT: '0' };
  const { code, stderr } = await run(t, process.execPath, [SERVER], { env });
  t.is(code, 78);
  t.regex(stderr, /The schema is at version 2, not at 4\. Migrate the database/);
});

test('a server is ready where followers was dropped, and migrate makes it again', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  await collections.followers.drop();
  const { url } = await serve(t, { MONGODB_URI: uri });
  t.is((await send(`${url}/readyz`)).status, 200);
  const check = await rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: uri } });
  t.regex(check.stderr, /to do: create collection followers with its validator/);
  await migrateNow(db);
  const again = await rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: uri } });
  t.is(again.code, 0, again.stderr);
});

test('a server does not start, with exit code 78, where an index refuses what it writes', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.collection('revoked_tokens').createIndex({ token_hash: 1 }, { unique: true });
  const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), PORT: '0' };
  const { code, stderr } = await run(t, process.execPath, [SERVER], { env });
  t.is(code, 78);
  t.regex(stderr, /token_hash_1 of revoked_tokens (?:is unique|refuses)/);
});

test('however often /readyz is requested, its entry is written once in 30 seconds and counted in no statistic', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { url } = await serve(t, { MONGODB_URI: uri });
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(`${url}/readyz`)));
  for (const { status, body } of answers) {
    t.is(status, 200, JSON.stringify(body));
    t.deepEqual([body.checks.writes, body.checks.indexes], [{ ok: true }, { ok: true }]);
    t.like(body.checks.lease, { ok: true });
    t.regex(body.checks.lease.detail, /does not follow/);
  }
  const others = { _id: { $ne: SENTINEL } };
  const [entry, ...more] = await collections.revokedTokens.find(others).toArray();
  t.deepEqual([entry?._id, entry?.writes, more.length], [PROBE, 1, 0]);
  const { email } = await addUser(collections, { roles: ['admin'] });
  const token = await logIn(url, email);
  const { body } = await sendAs(token, `${url}/api/admin/stats`);
  t.is(body.revoked_tokens.token.count, 0);
});

test('nothing is written where the schema is not known', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const { url } = await serve(t, { MONGODB_URI: uri });
  await db.dropDatabase();
  const { status, body } = await send(`${url}/readyz`);
  t.deepEqual([status, body.checks.schema.ok, body.checks.writes.ok], [503, false, false]);
  t.is(await collections.revokedTokens.countDocuments(), 0);
});

const IDS = [
  'a',
  'ObjectId-like 507f1f77bcf86cd799439011',
  'x'.repeat(128),
  '😀'.repeat(128),
  'ä/b%2F?',
];

test('a user with any id of 1 to 128 characters logs in, is found and revoked by it, and logs out', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { url } = await serve(t, { MONGODB_URI: uri, LOGIN_FAILURES_PER_ADDRESS: '1000/15m' });
  const admin = await addUser(collections, { roles: ['admin'] });
  const adminToken = await logIn(url, admin.email);
  for (const _id of IDS) {
    const template = await collections.users.findOne({ _id: admin.id });
    if (template === null) throw new Error('There is no user');
    const email = `user-${randomUUID()}@example.com`;
    await collections.users.insertOne({ ...template, _id, email, roles: [] });
    const token = await logIn(url, email);
    const me = await sendAs(token, `${url}/api/auth/me`);
    t.deepEqual([me.status, me.body.id], [200, _id]);
    t.is((await sendAs(token, `${url}/api/auth/logout`, 'POST')).status, 200);
    const other = await logIn(url, email);
    const path = `${url}/api/admin/users/${encodeURIComponent(_id)}/revoke-tokens`;
    const { status, body } = await sendAs(adminToken, path, 'POST');
    t.deepEqual([status, body.user_id, body.sessions_ended], [200, _id, 1]);
    const refused = await sendAs(other, `${url}/api/auth/me`);
    t.deepEqual([refused.status, refused.body.code], [401, 'user_tokens_revoked']);
    const query = `user_id=${encodeURIComponent(_id)}`;
    const trail = await sendAs(adminToken, `${url}/api/admin/audit-events?${query}`);
    t.is(trail.status, 200);
    t.true(trail.body.events.length >= 3);
  }
});

test('an account whose id no token can carry is refused at the login, as a wrong password is', async (t) => {
  const { uri, collections, db } = await migratedDatabase(t);
  const { url } = await serve(t, { MONGODB_URI: uri });
  const { id } = await addUser(collections);
  const template = await collections.users.findOne({ _id: id });
  for (const _id of [7, '', 'x'.repeat(129)]) {
    const email = `user-${randomUUID()}@example.com`;
    const options = { bypassDocumentValidation: true };
    await db.collection('users').insertOne({ ...template, _id: _id as never, email }, options);
    await t.throwsAsync(logIn(url, email), { message: /401.*invalid_credentials/ });
  }
});
