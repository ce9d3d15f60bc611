import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { migrateNow } from '../helpers/database.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { logIn, send, sendAs } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** A database that refuses every command for its configuration, like a shared tier. */
async function silentDatabase(t: ExecutionContext) {
  const { uri } = await ownMongod(t, { args: ['--setParameter', 'enableTestCommands=1'] });
  const client = new MongoClient(uri);
  t.teardown(() => client.close());
  await migrateNow(client.db());
  const data = { failCommands: ['replSetGetConfig'], errorCode: 8000 };
  await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
  return { uri, collections: openCollections(client.db()) };
}

test('the log names once the refused configuration of the set, the overridden options of the URI and the settings that are gone; requests are served', async (t) => {
  const { uri, collections } = await silentDatabase(t);
  const { email } = await addUser(collections);
  const server = await startServerProcess(t, {
    MONGODB_URI: `${uri}${uri.includes('?') ? '&' : '?'}w=1&readPreference=secondary&maxPoolSize=7`,
    JWT_SECRET_KEY: generateSecret(),
    MAX_STALENESS: '5s',
    PRIMARY_PROOF_INTERVAL: '100ms',
    REQUEST_DEADLINE: '60s',
  });
  for (let round = 0; round < 3; round++) {
    const token = await logIn(server.url, email);
    t.is((await sendAs(token, `${server.url}/api/auth/me`)).status, 200);
    t.is((await sendAs(token, `${server.url}/api/auth/logout`, 'POST')).status, 200);
    t.is((await send(`${server.url}/readyz`)).status, 200);
  }
  server.kill('SIGTERM');
  const { stdout } = await server.finished;
  const warnings: string[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'warn')
    .map(({ msg }) => msg);
  t.is(warnings.length, 4, stdout);
  t.regex(warnings[0] ?? '', /^MAX_STALENESS is no longer a setting/);
  t.regex(warnings[1] ?? '', /^PRIMARY_PROOF_INTERVAL is no longer a setting/);
  t.regex(
    warnings[2] ?? '',
    /^rescind ignores these options of MONGODB_URI .*: w, readPreference, maxPoolSize$/,
  );
  t.regex(
    warnings[3] ?? '',
    /^The configuration of the replica set cannot be read .*several voting members/,
  );
});
