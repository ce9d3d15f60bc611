import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { SECOND } from '../../lib/time.ts';
import { migrateNow } from '../helpers/database.ts';
import { proxiedMongod } from '../helpers/mongod.ts';
import { logIn, sendAs, serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** Longer than the silence between two words of the driver's monitoring. */
const FORGOTTEN_AFTER = 3 * SECOND;
const QUIET = FORGOTTEN_AFTER + SECOND;
const DEADLINE = 10 * SECOND;

/** A server with many live connections to MongoDB, which were then idle until a firewall dropped them. */
async function openQuietFixture(t: ExecutionContext) {
  const { uri, proxy } = await proxiedMongod(t);
  const { db, close } = connect(uri, { deadline: 60 * SECOND });
  await migrateNow(db);
  const { email } = await addUser(openCollections(db));
  await close();
  const { url } = await serve(t, { MONGODB_URI: uri, REQUEST_DEADLINE: `${DEADLINE}ms` });
  const tokens: string[] = [];
  for (let count = 0; count < 10; count++) tokens.push(await logIn(url, email));
  const [token = ''] = tokens;
  const warm = await atOnce(40, () => sendAs(token, `${url}/api/auth/sessions`));
  t.deepEqual(new Set(warm), new Set([200]));
  proxy.treat({ forgetAfter: FORGOTTEN_AFTER });
  await sleep(QUIET); // the fault itself: nothing happens, for so long
  return { url, email, tokens, token };
}

async function atOnce(count: number, ask: (index: number) => Promise<{ status: number }>) {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
  return answers.map(({ status }) => status);
}

test('requests on connections that a firewall has dropped all get 200', async (t) => {
  const { url, token } = await openQuietFixture(t);
  const paths = ['/api/auth/me', '/api/auth/sessions'];
  const statuses = await atOnce(20, (index) => sendAs(token, `${url}${paths[index % 2]}`));
  t.deepEqual(statuses, Array(20).fill(200));
});

test('concurrent logouts on dropped connections succeed, and each token is refused', async (t) => {
  const { url, tokens } = await openQuietFixture(t);
  const logouts = await atOnce(10, (index) =>
    sendAs(tokens[index] ?? '', `${url}/api/auth/logout`, 'POST'),
  );
  t.deepEqual(logouts, Array(10).fill(200));
  const after = await atOnce(10, (index) => sendAs(tokens[index] ?? '', `${url}/api/auth/me`));
  t.deepEqual(after, Array(10).fill(401));
});

test('a login on dropped connections succeeds', async (t) => {
  const { url, email } = await openQuietFixture(t);
  t.truthy(await logIn(url, email, PASSWORD));
});
