import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { Db, Document } from 'mongodb';
import { migrate, planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { collectionSpecs } from '../../../../lib/store/mongo/collection-specs.ts';
import { DAY } from '../../../../lib/time.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { emptyDatabase, migratedDatabase, migrateNow } from '../../../helpers/database.ts';
import { rescind } from '../../../helpers/processes.ts';
import { snapshot } from '../../../helpers/snapshot.ts';
import { PASSWORD_HASH, userDocument as user } from '../../../helpers/users.ts';
import { assertRefused } from './assert-refused.ts';

const ago = (days: number) => new Date(Date.now() - days * DAY);

/** Documents of an application, in a collection whose name is one of ours. */
const FOREIGN: readonly (readonly [collection: string, what: string, document: Document])[] = [
  ['users', 'an account of its own', { username: 'ann', email: 'ann@example.com' }],
  ['sessions', 'of connect-mongo', { _id: randomUUID() as never, expires: ago(-1), session: '{}' }],
  [
    'sessions',
    'with our five required fields',
    { _id: 's1' as never, user_id: 'u', stamp: ago(9), expires_at: ago(9), ends_at: ago(9) },
  ],
  ['clients', 'a customer', { name: 'ACME', since: ago(900) }],
  [
    'clients',
    'with the fields of ours, but another hash',
    { _id: randomUUID() as never, name: 'a', secret_hash: PASSWORD_HASH, created_at: ago(1) },
  ],
  ['audit_events', 'of at and action, which our validator takes', { at: ago(900), action: 'paid' }],
  [
    'audit_events',
    'of all but one of our fields',
    {
      at: ago(900),
      action: 'user_login',
      user_id: null,
      company_id: null,
      actor_id: null,
      ip: '::1',
      user_agent: null,
      request_id: null,
    },
  ],
  ['login_limits', 'a limiter of its own', { key: 'login:192.0.2.1', points: 1, expire: ago(1) }],
  ['daily_counts', 'which our validator takes', { _id: 'visits' as never, day: ago(900), n: 7 }],
  ['revoked_tokens', 'of a naive list', { token_hash: 'abc', user_id: 'u', expires_at: ago(1) }],
  ['followers', 'of a social network', { follower_id: 7, followee_id: 8 }],
  ['schema', 'of a migration tool', { version: 7, name: 'add-orders' }],
  ['schema', 'under our id', { _id: 'rescind' as never, fields: [] }],
];

for (const [collection, what, document] of FOREIGN) {
  test(`a conflict is reported and nothing is changed: ${collection} holds a document ${what}`, async (t) => {
    const { db } = emptyDatabase(t);
    await db.collection(collection).insertOne(document);
    await assertRefused(t, db, new RegExp(`${collection} holds .*not rescind's.*connection URI`));
  });

  test(`a migrated database whose ${collection} was replaced by one ${what} is left alone`, async (t) => {
    const { db } = await migratedDatabase(t);
    await db.dropCollection(collection);
    await db.collection(collection).insertOne(document);
    await assertRefused(t, db, new RegExp(`${collection} holds .*not rescind's`));
  });
}

const EMPTY: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'no index': (db) => db.createCollection('users'),
  'the same unique index': (db) =>
    db.collection('users').createIndex({ email: 1 }, { unique: true }),
  'an index of its own': (db) => db.collection('users').createIndex({ username: 1 }),
  'a validator of its own': (db) =>
    db.createCollection('users', { validator: { username: { $type: 'string' } } }),
  'a collation of its own': (db) =>
    db.createCollection('users', { collation: { locale: 'en', strength: 2 } }),
};

for (const [what, make] of Object.entries(EMPTY)) {
  test(`a conflict is reported and nothing is changed: an application's users is empty, with ${what}`, async (t) => {
    const { db } = emptyDatabase(t);
    await make(db);
    await assertRefused(t, db, /users .*connection URI/);
  });
}

test("an application's documents survive a refused migrate: TTL passes, inserts and updates", async (t) => {
  const { uri, db } = emptyDatabase(t);
  const env = { MONGODB_URI: uri };
  await db.collection('users').insertOne({ username: 'ann' });
  await db.collection('sessions').insertOne({ user: 'ann', expires_at: ago(30) });
  await db.collection('audit_events').insertOne({ at: ago(900), action: 'paid' });
  const before = await snapshot(db);
  for (const options of [[], ['--dry-run'], ['--check'], ['--after-restore']]) {
    const { code, stdout, stderr } = await rescind(t, ['migrate', ...options], { env });
    t.is(code, 1, options.join());
    for (const name of ['users', 'sessions', 'audit_events'])
      t.regex(stderr, new RegExp(`${name} `));
    t.regex(stderr, /^Nothing was changed\. Conflicts:$/m);
    t.notRegex(stdout, /would|No differences/);
    t.deepEqual(await snapshot(db), before);
  }
  await ttlPass(db);
  for (const name of ['users', 'sessions', 'audit_events']) {
    await db.collection(name).insertOne({ anything: true });
    await db.collection(name).updateMany({}, { $set: { seen: 1 } });
    t.is(await db.collection(name).countDocuments(), 2, name);
  }
});

/** The tests' mongod looks for what has expired once a second: a canary shows that it did. */
async function ttlPass(db: Db): Promise<void> {
  const canary = db.collection('canary');
  await canary.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
  await canary.insertOne({ at: ago(1) });
  await waitFor('A pass of the TTL monitor', async () => (await canary.countDocuments()) === 0);
}

test('users who were imported as ours are migrated, with more fields and indexes of their own', async (t) => {
  const { db } = emptyDatabase(t);
  await db.collection('users').insertMany([user(), user({ phone: '1' })]);
  await db.collection('users').createIndex({ phone: 1 });
  await migrateNow(db);
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
});

test('a database of schema 1 is migrated, with what that version wrote', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  await db.collection('sessions').insertOne({
    _id: randomUUID() as never,
    user_id: randomUUID(),
    ...{ stamp: ago(1), auth_time: ago(1), expires_at: ago(-1), ends_at: ago(-1) },
    ...{ last_used_at: ago(1), user_agent: null, ip: '::1' },
  });
  for (const name of ['sessions', 'audit_events']) {
    await db.command({ collMod: name, validator: { $jsonSchema: { required: ['_id'] } } });
    for (const { name: index } of await db.collection(name).listIndexes().toArray()) {
      if (index !== '_id_') await db.collection(name).dropIndex(index);
    }
  }
  await db.dropCollection('clients');
  await db.dropCollection('daily_counts');
  await collections.schema.updateOne({}, { $set: { version: 1 } });
  await migrateNow(db);
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
});

test("nobody is told to delete an application's users because they have no address", async (t) => {
  const { uri, db } = emptyDatabase(t);
  await db.collection('users').insertMany([{ username: 'ann' }, { username: 'bob' }]);
  const { code, stderr } = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
  t.is(code, 1);
  t.regex(stderr, /users holds documents that are not rescind's/);
  t.notRegex(stderr, /Keep one of them|null/);
});

const NOT_PLAIN: Readonly<Record<string, (db: Db, name: string) => Promise<unknown>>> = {
  'a view': (db, name) => db.createCollection(name, { viewOn: 'people', pipeline: [] }),
  'a time series': (db, name) => db.createCollection(name, { timeseries: { timeField: 'at' } }),
  'a capped collection': (db, name) => db.createCollection(name, { capped: true, size: 4_096 }),
  'a clustered collection': (db, name) =>
    db.createCollection(name, { clusteredIndex: { key: { _id: 1 }, unique: true } }),
};

for (const [what, make] of Object.entries(NOT_PLAIN)) {
  test(`a conflict is reported and nothing is changed: ${what} has a name of ours, whichever`, async (t) => {
    const names = collectionSpecs(DAY).map(({ name }) => name);
    const { db } = emptyDatabase(t);
    for (const name of names) await make(db, name);
    await assertRefused(t, db, new RegExp(names.map((name) => `${name} is not a plain`).join('|')));
    const { conflicts } = await planMigration(db, { auditRetention: 400 * DAY });
    const sentences = conflicts.map(({ message }) => message).join('\n');
    for (const name of names) t.regex(sentences, new RegExp(`${name} is not a plain`));
  });
}

test('a collection that appears between plan and step is not taken over with foreign documents', async (t) => {
  const { db } = emptyDatabase(t);
  const plan = await planMigration(db, { auditRetention: 400 * DAY });
  await db.collection('audit_events').insertOne({ at: ago(900), action: 'paid' });
  await t.throwsAsync(
    migrate(plan, () => undefined),
    { message: /audit_events holds/ },
  );
  const [found] = await db.listCollections({ name: 'audit_events' }).toArray();
  t.deepEqual(found && 'options' in found && found.options, {});
});

type Index = readonly [collection: string, key: Document, options: Document];

/** Indexes that refuse a document, or could. */
const REFUSING: Readonly<Record<string, Index>> = {
  'unique, on a field that ours lack': ['revoked_tokens', { token_hash: 1 }, { unique: true }],
  'unique and compound': ['sessions', { user_id: 1, ip: 1 }, { unique: true }],
  'unique and partial': [
    'users',
    { name: 1 },
    { unique: true, partialFilterExpression: { name: 'a' } },
  ],
  'unique and sparse': ['clients', { name: 1 }, { unique: true, sparse: true }],
  'unique, on the rate limiter': ['login_limits', { points: 1 }, { unique: true }],
  'unique, on the counts': ['daily_counts', { day: -1 }, { unique: true }],
  'unique with a collation': [
    'users',
    { email: 1 },
    { name: 'email_ci', unique: true, collation: { locale: 'en', strength: 2 } },
  ],
  'on the list of roles, hashed': ['users', { roles: 'hashed' }, {}],
  'geographic, on our address': ['sessions', { ip: '2dsphere' }, {}],
  'flat, on our address': ['audit_events', { ip: '2d' }, {}],
  'of text, with a language from our name': [
    'users',
    { email: 'text' },
    { language_override: 'name' },
  ],
};

for (const [what, [collection, key, options]] of Object.entries(REFUSING)) {
  test(`a conflict is reported with the line that drops it: an index ${what}`, async (t) => {
    const { db } = await migratedDatabase(t);
    const name = await db.collection(collection).createIndex(key as never, options);
    await assertRefused(t, db, new RegExp(`${name} of ${collection} .*dropIndex\\("${name}"\\)`));
  });
}

const HARMLESS: Readonly<Record<string, Index>> = {
  'on other fields': ['users', { company_id: 1 }, {}],
  'hashed, on an id': ['sessions', { user_id: 'hashed' }, {}],
  'of text': ['users', { name: 'text' }, {}],
  'geographic, on a field that ours lack': ['users', { place: '2dsphere' }, {}],
  'of rate-limiter-flexible': ['login_limits', { expire: -1 }, { expireAfterSeconds: 0 }],
};

for (const [what, [collection, key, options]] of Object.entries(HARMLESS)) {
  test(`an index that refuses nothing is left alone: ${what}`, async (t) => {
    const { db } = await migratedDatabase(t);
    await db.collection(collection).createIndex(key as never, options);
    const plan = await planMigration(db, { auditRetention: 400 * DAY });
    t.deepEqual(plan, { conflicts: [], steps: [] });
  });
}

test('documents that an earlier version took over are reported by --check', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.collection('audit_events').insertOne({ at: new Date(), action: 'paid' });
  const { code, stderr } = await rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: uri } });
  t.is(code, 1);
  t.regex(stderr, /needs attention: audit_events holds documents that are not rescind's/);
});

test('a limiter whose counters are there twice is reported, and nothing is changed', async (t) => {
  const { db } = await migratedDatabase(t);
  const key = `account:${'x'.repeat(43)}`;
  await db.collection('login_limits').dropIndex('key_1');
  const double = () => ({ key, points: 1, expire: ago(-1) });
  await db.collection('login_limits').insertMany([double(), double()]);
  await assertRefused(t, db, /login_limits holds several counters of one key/);
});
