import test, { type ExecutionContext } from 'ava';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { addClient, introspect, revoke } from '../helpers/clients.ts';
import { migrateNow } from '../helpers/database.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { toOauthOutcome } from '../helpers/refusals.ts';
import { post, sendAs, serve, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const AWAY = '503 temporarily_unavailable';
const DEADLINE = 2_000;

/** A server with a client and a user's tokens, on a mongod that the test may break. */
async function openFixture(t: ExecutionContext) {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri);
  await migrateNow(db);
  const collections = openCollections(db);
  const { email } = await addUser(collections);
  const client = await addClient(collections);
  await close();
  // Who logs in has more time: on a busy machine a password takes some.
  const patient = await serve(t, { MONGODB_URI: mongod.uri });
  const { body } = await post(`${patient.url}/api/auth/login`, { email, password: PASSWORD });
  const { url, log } = await serve(t, {
    MONGODB_URI: mongod.uri,
    JWT_SECRET_KEY: patient.secret,
    REQUEST_DEADLINE: `${DEADLINE}ms`,
  });
  const tokens = [String(body.access_token), String(body.refresh_token)] as const;
  return { mongod, url, log, client, tokens };
}

for (const [what, harm, mend] of [
  ['killed', 'kill', 'restart'],
  ['frozen', 'freeze', 'thaw'],
] as const) {
  test(`With a ${what} MongoDB both endpoints answer 503 in time, and recover with it`, async (t) => {
    const { mongod, url, log, client, tokens } = await openFixture(t);
    t.true((await introspect(url, client, tokens[0])).body.active);
    await mongod[harm]();
    for (const [ask, token] of [
      [introspect, tokens[0]],
      [introspect, 'junk'],
      [revoke, 'junk'],
      [introspect, tokens[1]],
      [revoke, tokens[0]],
      [revoke, tokens[1]],
    ] as const) {
      const started = loopTime();
      t.is(toOauthOutcome(await ask(url, client, token)), AWAY, `${ask.name} ${token}`);
      t.true(loopTime() - started < DEADLINE, ask.name);
      t.is(log.at(-1)?.['code'], 'store_unavailable');
    }
    const junk = { clientId: 'junk', clientSecret: 'junk' };
    const refused = toOauthOutcome(await introspect(url, junk, tokens[0]));
    t.is(refused, '401 invalid_client', 'junk is refused without the database');

    await mongod[mend]();
    const again = () => revoke(url, client, tokens[1]);
    await waitFor('A server that recovers by itself', async () => (await again()).status === 200);
    t.deepEqual((await introspect(url, client, tokens[0])).body, { active: false });
    t.is((await sendAs(tokens[0], `${url}/api/auth/me`)).body.code, 'token_revoked');
  });
}

test('Where revoked_tokens was lost, both answer 503 and nothing is called active', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const { email } = await addUser(collections);
  const { body } = await post(`${url}/api/auth/login`, { email, password: PASSWORD });
  await collections.revokedTokens.drop();
  for (const ask of [introspect, revoke]) {
    t.is(toOauthOutcome(await ask(url, client, body.access_token)), AWAY, ask.name);
  }
  t.is(toOauthOutcome(await revoke(url, client, body.refresh_token)), AWAY);
});
