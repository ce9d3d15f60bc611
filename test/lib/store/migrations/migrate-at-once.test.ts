import test, { type ExecutionContext } from 'ava';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { SENTINEL } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import { DAY } from '../../../../lib/time.ts';
import {
  emptyDatabase,
  migrateNow,
  schema3Database,
  type TestDatabase,
} from '../../../helpers/database.ts';
import { rescind } from '../../../helpers/processes.ts';

const TIMES = Array.from({ length: 20 }, (_, index) => index + 1);

test.serial('migrate, two at once 20 times: one database, no error (as processes)', async (t) => {
  for (const time of TIMES) {
    const database = emptyDatabase(t);
    const migrateProcess = () => rescind(t, ['migrate'], { env: { MONGODB_URI: database.uri } });
    for (const { code, stderr } of await Promise.all([migrateProcess(), migrateProcess()])) {
      t.is(code, 0, `time ${time}: ${stderr}`);
      t.is(stderr, '');
    }
    await assertOneDatabase(t, database);
  }
});

test.serial('migrate, two at once 20 times: one database, no error (in one process)', async (t) => {
  for (const time of TIMES) {
    const database = emptyDatabase(t);
    const other = connect(database.uri);
    t.teardown(() => other.close());
    const both = Promise.all([migrateNow(database.db), migrateNow(other.db)]);
    await t.notThrowsAsync(both, `time ${time}`);
    await assertOneDatabase(t, database);
  }
});

test.serial('migrate, two at once, mend one drifted database together', async (t) => {
  for (const time of TIMES.slice(0, 5)) {
    const { db, uri, collections } = emptyDatabase(t);
    await migrateNow(db);
    await db.collection('sessions').dropIndex('expires_at_1');
    await db.collection('audit_events').drop();
    await db.command({ collMod: 'users', validator: {}, validationLevel: 'off' });
    const other = connect(uri);
    t.teardown(() => other.close());
    await t.notThrowsAsync(Promise.all([migrateNow(db), migrateNow(other.db)]), `time ${time}`);
    await assertOneDatabase(t, { db, uri, collections });
  }
});

test.serial(
  'migrate, two at once, bring one database of schema 3 to this one together',
  async (t) => {
    for (const time of TIMES.slice(0, 5)) {
      const { db, uri, collections } = await schema3Database(t);
      const other = connect(uri);
      t.teardown(() => other.close());
      await t.notThrowsAsync(Promise.all([migrateNow(db), migrateNow(other.db)]), `time ${time}`);
      await assertOneDatabase(t, { db, uri, collections });
      t.is((await collections.schema.findOne())?.version, 4);
    }
  },
);

async function assertOneDatabase(t: ExecutionContext, { db, collections }: TestDatabase) {
  t.deepEqual(await planMigration(db, { auditRetention: 400 * DAY }), { conflicts: [], steps: [] });
  const [schema, ...otherSchemas] = await collections.schema.find().toArray();
  const [sentinel, ...otherEntries] = await collections.revokedTokens.find().toArray();
  t.deepEqual([...otherSchemas, ...otherEntries], []);
  t.is(sentinel?._id, SENTINEL);
  t.truthy(sentinel?.epoch);
  t.is(sentinel?.epoch, schema?.epoch);
}
