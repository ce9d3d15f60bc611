import test from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { makeClient } from '../../scripts/bench/fill-database.ts';
import { probeIntrospection } from '../../scripts/bench/measurement.ts';
import { ROWS, USUAL_ENTRIES } from '../../scripts/bench/rows.ts';
import { startRowServer } from '../../scripts/bench/servers.ts';
import { createClient, createIssuer } from '../../scripts/bench/tokens.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { sendAs } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const SECRET = generateSecret();

for (const row of ROWS.filter(({ entries, peer }) => !peer && entries === USUAL_ENTRIES)) {
  test(`${row.id}: the server of the row accepts its tokens, and no others`, async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    const user = await addUser(collections);
    const pinning = { lists: undefined, description: '' };
    const environment = { databaseUri: () => uri, redis: undefined, secret: SECRET, pinning };
    const server = await startRowServer(row, environment);
    t.teardown(server.stop);
    const url = `http://127.0.0.1:${server.port}/api/auth/me`;
    const token = await (await createIssuer(SECRET))(user.id);
    const { status, body } = await sendAs(token, url);
    t.deepEqual([status, body.id], [200, user.id]);
    t.is((await sendAs('junk', url)).status, 401);
    if (row.form === 'embedded') return;
    const client = createClient();
    await collections.clients.insertOne(makeClient(client));
    const hot = [token];
    await t.notThrowsAsync(probeIntrospection(row, server.port, { client, hot }));
  });
}
