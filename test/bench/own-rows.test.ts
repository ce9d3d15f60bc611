import test from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import type { Environment } from '../../scripts/bench/environment.ts';
import { ROWS } from '../../scripts/bench/rows.ts';
import { startRowServer } from '../../scripts/bench/servers.ts';
import { createIssuer } from '../../scripts/bench/tokens.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { sendAs } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const SECRET = generateSecret();

for (const row of ROWS.filter(({ id, peer }) => !peer && !id.startsWith('revoked-'))) {
  test(`${row.name}: the server of the row accepts its tokens, and no others`, async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    const user = await addUser(collections);
    const pinning = { lists: undefined, description: '' };
    const environment = { databaseUri: () => uri, redis: undefined, secret: SECRET, pinning };
    const server = await startRowServer(row, environment as unknown as Environment);
    t.teardown(server.stop);
    const url = `http://127.0.0.1:${server.port}/api/auth/me`;
    const { status, body } = await sendAs(await (await createIssuer(SECRET))(user.id), url);
    t.deepEqual([status, body.id], [200, user.id]);
    t.is((await sendAs('junk', url)).status, 401);
  });
}
