/** `rescind followers`, and what commands that revoke print of the servers that follow. */
import { hostname } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Timestamp } from 'mongodb';
import { VERSION } from '../../lib/version.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migratedDatabase, schema3Database, type TestDatabase } from '../helpers/database.ts';
import { followerDocument } from '../helpers/followers.ts';
import { rescind } from '../helpers/processes.ts';
import { serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** Runs a command on this database. */
function on(t: ExecutionContext, { uri }: TestDatabase, args: readonly string[], input = '') {
  return rescind(t, args, { env: { MONGODB_URI: uri, BCRYPT_COST: '10' }, input });
}

/** Starts a server that follows, by default with the longest lease, so that none lapses on a busy machine. */
async function startFollower(
  t: ExecutionContext,
  { uri, collections }: TestDatabase,
  lease = '30s',
) {
  const before = await collections.followers.countDocuments();
  const server = await serve(t, { MONGODB_URI: uri, FOLLOW: 'auto', FOLLOWER_LEASE: lease });
  const isThere = async () => {
    const filter = { position: { $ne: null } };
    return (await collections.followers.countDocuments(filter)) > before;
  };
  await waitFor('A server that follows', isThere);
  return server;
}

test.serial(
  'followers without any prints nothing, and on standard error where to look',
  async (t) => {
    const { code, stdout, stderr } = await on(t, await migratedDatabase(t), ['followers']);
    t.deepEqual([code, stdout], [0, '']);
    t.regex(stderr, /^No server follows\. .*FOLLOW=off.*\/readyz.*\n$/);
  },
);

test.serial('followers on schema 3 lists nothing of another application', async (t) => {
  const database = await schema3Database(t);
  await database.db.collection('followers').insertOne({ name: 'of somebody else' });
  const { code, stdout, stderr } = await on(t, database, ['followers']);
  t.deepEqual([code, stdout], [0, '']);
  t.regex(stderr, /^No server follows\. /);
});

test.serial(
  'followers lists host, renewal, lag, lease, version and state, separated by tabs',
  async (t) => {
    const database = await migratedDatabase(t);
    await startFollower(t, database);
    const t1970 = new Timestamp({ t: 7, i: 1 });
    const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);
    await database.collections.followers.insertMany([
      followerDocument({ host: '!stale\u001b[31m', position: t1970, renewed_at: ago(3_600_000) }),
      followerDocument({ host: '~new', lease: 30_000 }),
    ]);
    const { code, stdout, stderr } = await on(t, database, ['followers']);
    t.deepEqual([code, stderr], [0, '']);
    const [stale = [], real = [], starting = [], ...more] = stdout
      .split('\n')
      .map((line) => line.split('\t'));
    t.deepEqual(more, [['']]);
    t.like(stale, { 0: '!stale?[31m', 3: '1.0', 4: 'test', 5: 'stale' });
    t.true(Number(stale[1]) >= 3_600 && Number(stale[2]) > 1_700_000_000, stdout);
    t.like(real, { 0: hostname(), 3: '30.0', 4: VERSION, 5: 'registered' });
    t.regex(`${real[1]} ${real[2]}`, /^\d+\.\d \d+$/);
    t.like(starting, { 0: '~new', 2: '-', 3: '30.0', 5: 'starting' });
  },
);

for (const [args, status] of [
  [['followers', 'x'], 64],
  [['followers', '--all'], 64],
] as const) {
  test.serial(`${args.join(' ')} is a usage error: exit ${status}`, async (t) => {
    const { code, stdout } = await rescind(t, args);
    t.deepEqual([code, stdout], [status, '']);
  });
}

test.serial('followers without MONGODB_URI exits 78, with the database away 69', async (t) => {
  t.is((await rescind(t, ['followers'])).code, 78);
  const env = { MONGODB_URI: 'mongodb://127.0.0.1:1/rescind' };
  const away = await rescind(t, ['followers'], { env });
  t.deepEqual([away.code, away.stdout], [69, '']);
});

test.serial(
  'each command that revokes prints, after its own line, that the servers that follow have it',
  async (t) => {
    const database = await migratedDatabase(t);
    const { id, email } = await addUser(database.collections);
    const created = await on(t, database, ['client:create', '--name', 'billing']);
    const [, clientId = ''] = /client_id=(\S+)/.exec(created.stdout) ?? [];
    await startFollower(t, database);
    for (const [args, line] of [
      [['revoke', '--user', id], /^Revoked every token of the user/],
      [['user:disable', '--email', email], /is disabled/],
      [['user:enable', '--email', email], /can log in/],
      [['user:set-password', '--email', email], /is set/],
    ] as const) {
      const { code, stdout, stderr } = await on(t, database, args, `${PASSWORD} and more`);
      t.deepEqual([code, stderr], [0, ''], args.join(' '));
      const [first = '', ...others] = stdout.split('\n');
      t.regex(first, line);
      t.deepEqual(others, ['The one server that follows has it.', '']);
    }
    const dry = await on(t, database, ['revoke', '--user', id, '--dry-run']);
    t.notRegex(dry.stdout, /follow/);
    await startFollower(t, database);
    const { stdout } = await on(t, database, ['client:delete', '--id', clientId]);
    t.is(stdout, `Deleted ${clientId} (billing)\nAll 2 servers that follow have it.\n`);
  },
);

test.serial(
  'a command waits for a server that does not answer until its lease has ended, and prints so',
  async (t) => {
    const database = await migratedDatabase(t);
    await startFollower(t, database, '5s');
    const gone = followerDocument({ lease: 5_000 });
    await database.collections.followers.insertOne(gone);
    const { id } = await addUser(database.collections);
    const { code, stdout } = await on(t, database, ['revoke', '--user', id]);
    t.is(code, 0);
    t.regex(
      stdout,
      /\n[01] of 2 servers that follow have it; the leases? of the others? (?:has|have) ended: .*\bnowhere \(test\).*\. To see who still follows: npm run followers\n$/,
    );
  },
);
