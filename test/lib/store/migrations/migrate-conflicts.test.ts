import test from 'ava';
import type { Db } from 'mongodb';
import { SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { emptyDatabase, migratedDatabase } from '../../../helpers/database.ts';
import { rescind } from '../../../helpers/processes.ts';
import { snapshot } from '../../../helpers/snapshot.ts';
import { assertRefused } from './assert-refused.ts';

test('a non-unique `email` index and duplicate emails are each reported by name and nothing is changed', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const users = db.collection('users');
  await users.createIndex({ email: 1 }, { name: 'by_email' });
  await users.insertMany(
    [
      'ann@example.com',
      'ann@example.com',
      'bob@example.com',
      'eve@example.com',
      'eve@example.com',
    ].map((email) => ({ email })),
  );
  const before = await snapshot(db);

  const { code, stdout, stderr } = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });

  t.is(code, 1);
  t.regex(stderr, /^Nothing was changed\. Conflicts:$/m);
  t.regex(stderr, /The index by_email of users is not unique\. Drop it .*dropIndex\("by_email"\)/);
  t.regex(stderr, /2 users have the e-mail address ann@example\.com/);
  t.regex(stderr, /2 users have the e-mail address eve@example\.com/);
  t.notRegex(stdout + stderr, /bob@example\.com/);
  t.deepEqual(await snapshot(db), before);
});

test('`--check` and `--dry-run` report conflicts too, and exit 1', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.collection('revoked_tokens').createIndex({ revoked_at: 1 }, { expireAfterSeconds: 60 });
  for (const option of ['--check', '--dry-run']) {
    const { code, stderr } = await rescind(t, ['migrate', option], { env: { MONGODB_URI: uri } });
    t.is(code, 1, option);
    t.regex(stderr, /revoked_tokens has a TTL index revoked_at_1 of another application/);
  }
});

interface Conflict {
  readonly what: string;
  readonly make: (db: Db) => Promise<unknown>;
  readonly message: RegExp;
}

const CONFLICTS: readonly Conflict[] = [
  {
    what: 'a non-unique index on login_limits.key',
    make: (db) => replaceIndex(db, 'login_limits', 'key_1', { key: 1 }),
    message: /index key_1 of login_limits is not unique/,
  },
  {
    what: 'an index with our name on other fields',
    make: (db) => replaceIndex(db, 'sessions', 'expires_at_1', { user_id: 1 }),
    message: /sessions has an index named expires_at_1 on other fields/,
  },
  {
    what: 'a foreign TTL index on revoked_tokens',
    make: (db) =>
      db.collection('revoked_tokens').createIndex({ revoked_at: 1 }, { expireAfterSeconds: 60 }),
    message: /revoked_tokens has a TTL index revoked_at_1 of another application/,
  },
  {
    what: 'a TTL index on the TTL field, but backwards',
    make: (db) =>
      db.collection('sessions').createIndex({ expires_at: -1 }, { expireAfterSeconds: 5 }),
    message: /sessions has a TTL index expires_at_-1 of another application/,
  },
  {
    what: 'a second, partial TTL index on the TTL field',
    make: (db) =>
      db
        .collection('sessions')
        .createIndex(
          { expires_at: 1 },
          { name: 'second', expireAfterSeconds: 5, partialFilterExpression: { ip: '::1' } },
        ),
    message: /second of sessions|sessions has a TTL index second/,
  },
  {
    what: 'a TTL on the unique index of users',
    make: (db) =>
      replaceIndex(db, 'users', 'email_1', { email: 1 }, { unique: true, expireAfterSeconds: 5 }),
    message: /email_1.* users|users .*email_1/,
  },
  {
    what: 'a partial TTL index on revoked_tokens',
    make: (db) =>
      replaceIndex(
        db,
        'revoked_tokens',
        'expires_at_1',
        { expires_at: 1 },
        {
          expireAfterSeconds: 0,
          partialFilterExpression: { kind: 'token' },
        },
      ),
    message: /index expires_at_1 of revoked_tokens has partialFilterExpression/,
  },
  {
    what: 'a sparse unique index on users.email',
    make: (db) =>
      replaceIndex(db, 'users', 'email_1', { email: 1 }, { unique: true, sparse: true }),
    message: /index email_1 of users has sparse/,
  },
  {
    what: 'a newer schema version',
    make: (db) => db.collection('schema').updateOne({}, { $set: { version: 99 } }),
    message: /schema is at version 99, which needs a newer rescind/,
  },
  {
    what: 'a sentinel of another epoch',
    make: (db) =>
      db
        .collection<{ _id: string }>('revoked_tokens')
        .updateOne({ _id: SENTINEL }, { $set: { epoch: 'another' } }),
    message: /different epochs.*migrate it with the option/,
  },
];

for (const { what, make, message } of CONFLICTS) {
  test(`a conflict is reported and nothing is changed: ${what}`, async (t) => {
    const { db } = await migratedDatabase(t);
    await make(db);
    await db.dropCollection('audit_events'); // so that there would be something to do
    await assertRefused(t, db, message);
  });
}

async function replaceIndex(
  db: Db,
  collection: string,
  name: string,
  key: Record<string, 1 | -1>,
  options: object = {},
) {
  await db.collection(collection).dropIndex(name);
  await db.collection(collection).createIndex(key, { ...options, name });
}
