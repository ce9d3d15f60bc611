import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { openCollections } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import { DAY, MINUTE, SECOND } from '../../../../lib/time.ts';
import { emptyDatabase, migrateNow } from '../../../helpers/database.ts';
import { underFault } from '../../../helpers/failpoint.ts';
import { ownMongod } from '../../../helpers/mongod.ts';
import { rescind } from '../../../helpers/processes.ts';
import { addUser } from '../../../helpers/users.ts';

const LONGER_THAN_A_REQUEST_MAY_TAKE = 6_000;

test('migrate waits for an index on a large collection, here 6 seconds', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const slow = {
    mode: { times: 1 },
    failCommands: ['createIndexes'],
    namespace: `${db.databaseName}.users`,
    blockConnection: true,
    blockTimeMS: LONGER_THAN_A_REQUEST_MAY_TAKE,
  };
  await underFault(slow, async () => {
    const { code, stderr } = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
    t.is(code, 0, stderr);
  });
  const { code, stderr } = await rescind(t, ['migrate', '--check'], {
    env: { MONGODB_URI: uri },
  });
  t.is(code, 0, stderr);
});

test('migrate waits while another process builds an index on a collection that it changes', async (t) => {
  const mongod = await ownMongod(t, { args: ['--setParameter', 'enableTestCommands=1'] });
  const { db, close } = connect(mongod.uri, { deadline: MINUTE });
  t.teardown(close);
  await migrateNow(db);
  await addUser(openCollections(db)); // on an empty collection an index is there at once
  await db.command({ collMod: 'users', validator: {} });
  const admin = db.client.db('admin');
  const failPoint = 'hangAfterStartingIndexBuild';
  await admin.command({ configureFailPoint: failPoint, mode: 'alwaysOn' });
  const built = db.collection('users').createIndex({ name: 1 });
  await admin.command({ waitForFailPoint: failPoint, timesEntered: 1, maxTimeMS: 10_000 });
  let isOver = false;
  const migrated = migrateNow(db).finally(() => {
    isOver = true;
  });
  await pause(SECOND);
  t.false(isOver);
  await admin.command({ configureFailPoint: failPoint, mode: 'off' });
  await t.notThrowsAsync(Promise.all([built, migrated]));
  const plan = await planMigration(db, { auditRetention: 400 * DAY });
  t.deepEqual(plan, { conflicts: [], steps: [] });
});
