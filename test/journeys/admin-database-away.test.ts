import test, { type ExecutionContext } from 'ava';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { adminServer } from '../helpers/admin.ts';
import { migrateNow } from '../helpers/database.ts';
import { underFault } from '../helpers/failpoint.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { logIn, sendAs, serve } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const DEADLINE = 4_000;

async function openFixture(t: ExecutionContext) {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri);
  await migrateNow(db);
  const admin = await addUser(openCollections(db), { roles: ['admin'] });
  const user = await addUser(openCollections(db));
  await close();
  const environment = { MONGODB_URI: mongod.uri, REQUEST_DEADLINE: `${DEADLINE}ms` };
  // Who logs in has more time: on a busy machine a password takes some.
  const patient = await serve(t, { MONGODB_URI: mongod.uri });
  const token = await logIn(patient.url, admin.email);
  const { url } = await serve(t, { ...environment, JWT_SECRET_KEY: patient.secret });
  const requests = [
    `POST ${url}/api/admin/users/${user.id}/revoke-tokens`,
    `POST ${url}/api/admin/users/${user.id}/revoke-tokens?dry_run=true`,
    `POST ${url}/api/admin/revoke-everyone`,
    `POST ${url}/api/admin/revoke-everyone?dry_run=true`,
    `GET ${url}/api/admin/users/${user.id}/sessions`,
    `GET ${url}/api/admin/audit-events`,
    `GET ${url}/api/admin/stats`,
  ];
  return { mongod, url, requests, token, user };
}

test('With MongoDB away every admin endpoint answers 503 within the deadline, and works again with it', async (t) => {
  const { mongod, url, requests, token, user } = await openFixture(t);
  await mongod.kill();
  for (const request of requests) {
    const [method = '', target = ''] = request.split(' ');
    const started = loopTime();
    const { status, headers, body } = await sendAs(token, target, method);
    t.deepEqual([status, body.code], [503, 'store_unavailable'], request);
    t.regex(headers.get('retry-after') ?? '', /^[1-9]\d*$/, request);
    t.true(loopTime() - started < DEADLINE, request);
  }
  await mongod.restart();
  const me = () => sendAs(token, `${url}/api/auth/me`);
  await waitFor('A server that recovers by itself', async () => (await me()).status === 200);
  const path = `${url}/api/admin/users/${user.id}/revoke-tokens`;
  t.is((await sendAs(token, path, 'POST')).status, 200);
  t.is((await sendAs(token, `${url}/api/admin/revoke-everyone`, 'POST')).status, 200);
  t.is((await sendAs(token, `${url}/api/auth/me`)).body.code, 'user_tokens_revoked');
});

/** The write concern of the revocation times out: it may have happened, and nobody may rely on it. */
const TOO_SLOW = {
  mode: { times: 1 },
  failCommands: ['findAndModify'],
  writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
} as const;

// Serial, because a mongod has one failCommand for all.
for (const path of ['/users/ID/revoke-tokens', '/revoke-everyone']) {
  test.serial(
    `${path} answers 503 where no majority has acknowledged it, and leaves no audit event`,
    async (t) => {
      const { url, db, collections, admin, token } = await adminServer(t);
      const user = await addUser(collections);
      const target = `${url}/api/admin${path.replace('ID', user.id)}`;
      const fault = { ...TOO_SLOW, namespace: `${db.databaseName}.revoked_tokens` };
      await underFault(fault, async () => {
        const { status, body } = await sendAs(token, target, 'POST');
        t.deepEqual([status, body.code], [503, 'store_unavailable']);
      });
      const actions = await collections.auditEvents.distinct('action');
      t.deepEqual(actions, ['user_login']);
      t.is((await sendAs(await logIn(url, admin.email), target, 'POST')).status, 200);
    },
  );
}
