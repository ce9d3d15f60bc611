import test from 'ava';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migrateNow } from '../helpers/database.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { post, send, serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('a server that starts while the database is away answers 503 until it is there, and then serves', async (t) => {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri);
  await migrateNow(db);
  const { email } = await addUser(openCollections(db));
  await close();
  await mongod.kill();
  const { url } = await serve(t, { MONGODB_URI: mongod.uri, REQUEST_DEADLINE: '2s' });
  const logIn = () => post(`${url}/api/auth/login`, { email, password: PASSWORD });
  for (let round = 0; round < 2; round += 1) {
    t.is((await logIn()).status, 503);
    t.is((await send(`${url}/readyz`)).status, 503);
  }
  await mongod.restart();
  await waitFor('A login', async () => (await logIn()).status === 200);
  t.is((await send(`${url}/readyz`)).status, 200);
});
