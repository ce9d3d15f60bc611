import test from 'ava';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { DAY } from '../../../../lib/time.ts';
import { emptyDatabase, migratedDatabase } from '../../../helpers/database.ts';
import { rescind } from '../../../helpers/processes.ts';
import { snapshot } from '../../../helpers/snapshot.ts';
import { addUser } from '../../../helpers/users.ts';

test.serial(
  '`npm run migrate` twice: listIndexes, validators and all documents byte-equal',
  async (t) => {
    const { uri, db, collections } = emptyDatabase(t);
    const first = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
    t.is(first.code, 0, first.stderr);
    await addUser(collections);
    const before = await snapshot(db);

    const second = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });

    t.is(second.code, 0, second.stderr);
    t.regex(second.stdout, /Nothing to do\./);
    t.deepEqual(await snapshot(db), before);
  },
);

test.serial('migrate makes every collection, each with a validator, and every index', async (t) => {
  const { db } = await migratedDatabase(t);
  const found = await db.listCollections().toArray();
  t.deepEqual(found.map(({ name }) => name).sort(), [
    'audit_events',
    'clients',
    'daily_counts',
    'followers',
    'login_limits',
    'revoked_tokens',
    'schema',
    'sessions',
    'users',
  ]);
  t.true(found.every((each) => 'options' in each && each.options?.['validator'] !== undefined));

  const indexes = await Promise.all(
    found.map(async ({ name }) =>
      (await db.collection(name).listIndexes().toArray())
        .filter(({ name: index }) => index !== '_id_')
        .map(({ key, unique, expireAfterSeconds: ttl }) =>
          [name, ...Object.entries(key).flat(), unique && 'unique', ttl !== undefined && `${ttl} s`]
            .filter(Boolean)
            .join(' '),
        ),
    ),
  );
  t.deepEqual(indexes.flat().sort(), [
    'audit_events action 1 at -1 _id -1',
    'audit_events actor_id 1 at -1 _id -1',
    'audit_events at -1 _id -1',
    'audit_events at 1 34560000 s',
    'audit_events user_id 1 at -1 _id -1',
    'daily_counts day 1 34560000 s',
    'login_limits expire 1 0 s',
    'login_limits key 1 unique',
    'revoked_tokens expires_at 1 0 s',
    'sessions expires_at 1 86400 s',
    'sessions stamp -1',
    'sessions user_id 1 ended_at 1 auth_time -1 _id -1',
    'users email 1 unique',
  ]);
});

test.serial('migrate reports the database and every step', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const { stdout } = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
  t.true(stdout.startsWith(`Database ${db.databaseName}\n`), stdout);
  t.regex(stdout, /^ {2}create collection revoked_tokens with its validator$/m);
  t.regex(stdout, /^ {2}create index expires_at_1 on revoked_tokens \(TTL, 0 s\)$/m);
  t.regex(stdout, /^ {2}create index email_1 on users \(unique\)$/m);
  t.regex(stdout, /^ {2}create the sentinel$/m);
  t.regex(stdout, /^Done: \d+ steps\.$/m);
});

test.serial('`--dry-run` prints every step, changes nothing and exits 0', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const dryRun = () => rescind(t, ['migrate', '--dry-run'], { env: { MONGODB_URI: uri } });

  const onEmpty = await dryRun();
  t.is(onEmpty.code, 0, onEmpty.stderr);
  t.regex(onEmpty.stdout, /would create collection revoked_tokens with its validator/);
  t.regex(onEmpty.stdout, /steps; nothing was changed\./);
  t.deepEqual(await snapshot(db), []);

  await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
  await db.collection('sessions').dropIndex('expires_at_1');
  const before = await snapshot(db);
  const onDrifted = await dryRun();
  t.is(onDrifted.code, 0, onDrifted.stderr);
  t.regex(onDrifted.stdout, /would create index expires_at_1 on sessions \(TTL, 86400 s\)/);
  t.regex(onDrifted.stdout, /^1 steps?; nothing was changed\.$/m);
  t.deepEqual(await snapshot(db), before);
});

test.serial(
  'the audit retention comes from AUDIT_RETENTION, and a changed one is a difference',
  async (t) => {
    const { uri, db } = await migratedDatabase(t);
    const env = { MONGODB_URI: uri, AUDIT_RETENTION: '30d' };
    t.is((await rescind(t, ['migrate', '--check'], { env })).code, 1);
    t.is((await rescind(t, ['migrate'], { env })).code, 0);
    t.is((await rescind(t, ['migrate', '--check'], { env })).code, 0);
    const { steps } = await planMigration(db, { auditRetention: 30 * DAY });
    t.deepEqual(steps, []);
  },
);

test.serial('migrate works the same whatever read and write options the URI has', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const odd = `${uri}&readPreference=secondary&w=0&readConcernLevel=majority`;
  const first = await rescind(t, ['migrate'], { env: { MONGODB_URI: odd } });
  t.is(first.code, 0, first.stderr);
  const check = await rescind(t, ['migrate', '--check'], { env: { MONGODB_URI: odd } });
  t.is(check.code, 0, check.stderr);
  t.deepEqual((await planMigration(db, { auditRetention: 400 * DAY })).steps, []);
});
