import test, { type ExecutionContext } from 'ava';
import type { Db } from 'mongodb';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { DAY } from '../../../../lib/time.ts';
import { migratedDatabase, migrateNow } from '../../../helpers/database.ts';
import { type Finished, rescind } from '../../../helpers/processes.ts';
import { snapshot } from '../../../helpers/snapshot.ts';

interface Difference {
  readonly what: string;
  readonly make: (db: Db) => Promise<unknown>;
  readonly message: RegExp;
}

const DIFFERENCES: readonly Difference[] = [
  {
    what: 'a missing collection',
    make: (db) => db.dropCollection('audit_events'),
    message: /create collection audit_events/,
  },
  {
    what: 'a missing validator',
    make: (db) => db.command({ collMod: 'revoked_tokens', validator: {} }),
    message: /set the validator of revoked_tokens/,
  },
  {
    what: 'a changed validator',
    make: (db) => db.command({ collMod: 'users', validator: { email: { $type: 'string' } } }),
    message: /set the validator of users/,
  },
  {
    what: 'validationLevel moderate',
    make: (db) => db.command({ collMod: 'sessions', validationLevel: 'moderate' }),
    message: /set the validator of sessions/,
  },
  {
    what: 'validationAction warn',
    make: (db) => db.command({ collMod: 'sessions', validationAction: 'warn' }),
    message: /set the validator of sessions/,
  },
  {
    what: 'a missing TTL index',
    make: (db) => db.collection('revoked_tokens').dropIndex('expires_at_1'),
    message: /create index expires_at_1 on revoked_tokens/,
  },
  {
    what: 'a missing unique index',
    make: (db) => db.collection('users').dropIndex('email_1'),
    message: /create index email_1 on users/,
  },
  {
    what: 'a wrong TTL',
    make: (db) =>
      db.command({ collMod: 'sessions', index: { name: 'expires_at_1', expireAfterSeconds: 5 } }),
    message: /change the TTL of expires_at_1 on sessions from 5 to 86400 s/,
  },
  {
    what: 'a missing sentinel',
    make: (db) => db.collection<{ _id: string }>('revoked_tokens').deleteOne({ _id: SENTINEL }),
    message: /create the sentinel/,
  },
  {
    what: 'an older schema version',
    make: (db) => db.collection('schema').updateOne({}, { $set: { version: 0 } }),
    message: /write schema version 4/,
  },
];

for (const { what, make, message } of DIFFERENCES) {
  test.serial(`\`--check\` exits 1 on any difference: ${what}; migrate mends it`, async (t) => {
    const { uri, db } = await migratedDatabase(t);
    await make(db);
    const before = await snapshot(db);

    const { code, stderr } = await check(t, uri);
    t.is(code, 1);
    t.regex(stderr, message);
    t.regex(stderr, /Run: npm run migrate/);
    t.deepEqual(await snapshot(db), before);

    await migrateNow(db);
    t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), {
      conflicts: [],
      steps: [],
    });
  });
}

test.serial('`--check` exits 1 on any difference: a missing schema document', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.collection('schema').deleteMany({});
  const before = await snapshot(db);
  const { code, stderr } = await check(t, uri);
  t.is(code, 1);
  t.regex(stderr, /Nothing was changed/);
  t.deepEqual(await snapshot(db), before);
});

test.serial(
  '`--check` exits 0 where nothing is different, and 1 on an empty database',
  async (t) => {
    const { uri, db } = await migratedDatabase(t);
    const same = await check(t, uri);
    t.is(same.code, 0, same.stderr);
    t.regex(same.stdout, /No differences\./);

    await db.dropDatabase();
    t.is((await check(t, uri)).code, 1);
    t.deepEqual(await snapshot(db), []);
  },
);

function check(t: ExecutionContext, uri: string): Promise<Finished> {
  return rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: uri } });
}
