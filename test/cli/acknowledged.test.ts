/**
 * A command reports success only after a majority has its write, like a 2xx. Lost data is not reported as not found.
 */
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { sessionEntry, userEntry } from '../../lib/store/revocations/entry-ids.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { addClient } from '../helpers/clients.ts';
import { migrateNow } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { testServer } from '../helpers/server.ts';
import { openSession } from '../helpers/sessions.ts';
import { ownReplicaSet } from '../helpers/set/replica-set.ts';
import { addUser, PASSWORD, PASSWORD_HASH } from '../helpers/users.ts';

async function openSetFixture(t: ExecutionContext) {
  const set = await ownReplicaSet(t, { electionTimeoutMillis: 120_000 });
  const { db, close } = connect(set.uri, { deadline: 60_000 });
  t.teardown(close);
  await waitFor('A migration', () => migrateNow(db).then(() => true));
  const collections = openCollections(db);
  const user = await addUser(collections);
  const client = await addClient(collections);
  const session = { _id: randomUUID(), user_id: user.id };
  const [now, later] = [new Date(), new Date(Date.now() + 3_600_000)];
  const times = {
    stamp: now,
    auth_time: now,
    last_used_at: now,
    expires_at: later,
    ends_at: later,
  };
  await collections.sessions.insertOne({ ...session, ...times, user_agent: null, ip: '::1' });
  return { set, user, client, sessionId: session._id };
}

type SetFixture = Awaited<ReturnType<typeof openSetFixture>>;

/** An address that only the primary knows, which no majority confirms. */
const UNCONFIRMED = 'bob@example.com';
const CREATE = ['user:create', '--company', 'c', '--without-rules', '--email'];

/** Everything that ends with "done", "there already" or "there is none". */
const COMMANDS: Readonly<Record<string, (it: SetFixture) => readonly string[]>> = {
  migrate: () => ['migrate'],
  'migrate --check': () => ['migrate', '--check'],
  'migrate --after-restore': () => ['migrate', '--after-restore'],
  'revoke --user': ({ user }) => ['revoke', '--user', user.id],
  'revoke --user, of nobody': () => ['revoke', '--user', randomUUID()],
  'revoke --session': ({ sessionId }) => ['revoke', '--session', sessionId],
  'revoke --key': () => ['revoke', '--key', Buffer.alloc(32, 1).toString('base64url')],
  'revoke --everyone': () => ['revoke', '--everyone'],
  'user:disable': ({ user }) => ['user:disable', '--email', user.email],
  'user:enable': ({ user }) => ['user:enable', '--email', user.email],
  'user:set-password': ({ user }) => ['user:set-password', '--email', user.email],
  'user:create': () => [...CREATE, `${randomUUID()}@example.com`],
  'user:create --if-absent': ({ user }) => [...CREATE, user.email, '--if-absent'],
  'user:create --if-absent, of a user whom no majority has': () => [
    ...[...CREATE, UNCONFIRMED],
    '--if-absent',
  ],
  'client:create': () => ['client:create', '--name', 'reports'],
  'client:delete': ({ client }) => ['client:delete', '--id', client.clientId],
  'client:list': () => ['client:list'],
  followers: () => ['followers'],
};

test.serial(
  'without a majority no command reports success, at the first try or the second',
  async (t) => {
    t.timeout(300_000);
    const it = await openSetFixture(t);
    const primary = await it.set.atRest();
    const others = it.set.members.filter((member) => member !== primary);
    await Promise.all(others.map((member) => member.kill()));
    await writeAlone(primary.port, it.user.id);
    for (const round of ['first', 'second']) {
      const asked = Object.entries(COMMANDS);
      while (asked.length > 0) await Promise.all(asked.splice(0, AT_ONCE).map(assertUndone));

      async function assertUndone([name, args]: (typeof asked)[number]): Promise<void> {
        const options = { env: { MONGODB_URI: it.set.uri }, input: `${PASSWORD} and more` };
        const { code, stdout, stderr } = await rescind(t, args(it), options);
        t.is(code, 69, `${name}, ${round} try: ${stdout}${stderr}`);
        t.notRegex(stdout, /^(Nothing|Done|Revoked|Deleted)|already exists|is set|disabled/m, name);
      }
    }
  },
);

/** Each waits for some seconds, and its start takes half a second of the processor. */
const AT_ONCE = 6;

/** Copies a user under another address, on the primary alone. */
async function writeAlone(port: number, userId: string): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/rescind`, { directConnection: true });
  try {
    const users = client.db().collection<{ _id: string }>('users');
    const user = await users.findOne({ _id: userId });
    const copy = { ...user, _id: randomUUID(), email: UNCONFIRMED, password_hash: PASSWORD_HASH };
    await users.insertOne(copy, { writeConcern: { w: 1 } });
  } finally {
    await client.close();
  }
}

/** Starts a server, with a user who has a session. */
async function openServerFixture(t: ExecutionContext) {
  const server = await testServer(t);
  const user = await addUser(server.collections);
  return { ...server, user, ...(await openSession(server.url, user.email)) };
}

interface Missing {
  readonly lost: 'users' | 'sessions' | 'clients';
  readonly args: (it: Awaited<ReturnType<typeof openServerFixture>>) => readonly string[];
}

const MISSING: Readonly<Record<string, Missing>> = {
  'client:list': { lost: 'clients', args: () => ['client:list'] },
  'client:delete': { lost: 'clients', args: () => ['client:delete', '--id', randomUUID()] },
  'revoke --session': {
    lost: 'sessions',
    args: ({ sessionId }) => ['revoke', '--session', sessionId],
  },
  'revoke --user --dry-run': {
    lost: 'sessions',
    args: ({ user }) => ['revoke', '--user', user.id, '--dry-run'],
  },
  'revoke --user': { lost: 'users', args: ({ user }) => ['revoke', '--user', user.id] },
  'user:disable': { lost: 'users', args: ({ user }) => ['user:disable', '--email', user.email] },
  'user:create --if-absent': {
    lost: 'users',
    args: ({ user }) => [...CREATE, user.email, '--if-absent'],
  },
};

for (const [name, { lost, args }] of Object.entries(MISSING)) {
  test.serial(
    `what is missing from a lost collection is not reported as gone: ${name}`,
    async (t) => {
      const it = await openServerFixture(t);
      await it.db.dropCollection(lost);
      const options = { env: { MONGODB_URI: it.uri }, input: PASSWORD };
      const { code, stdout, stderr } = await rescind(t, args(it), options);
      t.not(code, 0, stdout);
      t.is(stdout, '');
      t.regex(stderr, /npm run migrate/);
      t.notRegex(stderr, /There is no|There are no|No client has/);
    },
  );
}

test.serial('what can be revoked without `sessions` is revoked while that is lost', async (t) => {
  const it = await openServerFixture(t);
  await it.db.dropCollection('sessions');
  const env = { MONGODB_URI: it.uri };
  for (const args of [
    ['revoke', '--token', '-'],
    ['revoke', '--user', it.user.id],
  ]) {
    const { code, stderr } = await rescind(t, args, { env, input: it.access });
    t.is(code, 0, stderr);
  }
  for (const _id of [sessionEntry(it.sessionId), userEntry(it.user.id)]) {
    t.is((await it.collections.revokedTokens.findOne({ _id }))?.writes, 1, _id);
  }
});
