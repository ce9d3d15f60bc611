import test, { type ExecutionContext } from 'ava';
import { SENTINEL } from '../../lib/store/mongo/collections.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { snapshot } from '../helpers/snapshot.ts';

function migrate(t: ExecutionContext, uri: string, ...args: string[]) {
  return rescind(t, ['migrate', ...args], { env: { MONGODB_URI: uri } });
}

test.serial('migrate --after-restore prints its steps, and writes an audit event', async (t) => {
  const { uri, db, collections } = await migratedDatabase(t);
  const { code, stdout, stderr } = await migrate(t, uri, '--after-restore');
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(stdout.split('\n'), [
    `Database ${db.databaseName}`,
    '  refuse every token issued so far, and give revoked_tokens a new epoch',
    '  write the new epoch to schema',
    'Done: 2 steps.',
    'Users, passwords, clients and revoked keys are as in the backup. Repeat the changes made since the backup: see docs/restore.md.',
    '',
  ]);
  t.like(await collections.auditEvents.findOne(), {
    action: 'everyone_revoked',
    user_id: null,
    actor_id: 'rescind migrate',
    ip: 'local',
    details: { reason: 'restored' },
  });
  t.is((await migrate(t, uri, '--check')).code, 0);
});

test.serial('migrate --after-restore migrates an empty database, too', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.dropDatabase();
  t.is((await migrate(t, uri, '--after-restore')).code, 0);
  t.is((await migrate(t, uri, '--check')).code, 0);
});

test.serial('migrate --after-restore --dry-run changes nothing and exits 0', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const before = await snapshot(db);
  const { code, stdout } = await migrate(t, uri, '--after-restore', '--dry-run');
  t.is(code, 0);
  t.regex(stdout, /^ {2}would refuse every token issued so far/m);
  t.regex(stdout, /^2 steps; nothing was changed\.$/m);
  t.deepEqual(await snapshot(db), before);
});

test.serial('migrate --after-restore --check is refused: it would always differ', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  const before = await snapshot(db);
  const { code, stderr } = await migrate(t, uri, '--after-restore', '--check');
  t.is(code, 64);
  t.regex(stderr, /'--after-restore' cannot be used with option '--check'/);
  t.deepEqual(await snapshot(db), before);
});

test.serial(
  'after a restore of one collection migrate exits 1 and names the command that repairs it',
  async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    await collections.revokedTokens.updateOne({ _id: SENTINEL }, { $set: { epoch: 'another' } });
    const refused = await migrate(t, uri);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /^Nothing was changed\.[\s\S]*run: npm run migrate -- --after-restore/);
    t.is((await migrate(t, uri, '--after-restore')).code, 0);
    t.is((await migrate(t, uri)).code, 0);
  },
);

test.serial('migrate --after-restore with a conflict exits 1 and changes nothing', async (t) => {
  const { uri, db } = await migratedDatabase(t);
  await db.collection('revoked_tokens').createIndex({ revoked_at: 1 }, { expireAfterSeconds: 60 });
  const before = await snapshot(db);
  const { code, stderr } = await migrate(t, uri, '--after-restore');
  t.is(code, 1);
  t.regex(stderr, /^Nothing was changed\. Conflicts:\n {2}revoked_tokens has a TTL index/);
  t.deepEqual(await snapshot(db), before);
});
