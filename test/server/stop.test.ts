import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { send } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

/** The default of KEEP_ALIVE_TIMEOUT, after which the client's connection would end by itself. */
const KEEP_ALIVE = 65 * SECOND;

async function startedServer(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const server = await startServerProcess(t, {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    REQUEST_DEADLINE: '60s', // the machine may be busy with other tests
  });
  return { ...server, collections };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the server with 0, and does not wait for a keep-alive client`, async (t) => {
    const server = await startedServer(t);
    const agent = new Agent({ keepAlive: true });
    t.teardown(() => agent.destroy());
    const [response] = (await once(get(`${server.url}/livez`, { agent }), 'response')) as [
      IncomingMessage,
    ];
    await json(response);
    t.is(Object.values(agent.freeSockets).flat().length, 1);

    const asked = performance.now();
    server.kill(signal);
    t.like(await server.finished, { code: 0, signal: null, stderr: '' });
    t.true(performance.now() - asked < KEEP_ALIVE / 2);
  });
}

test('a request under way when the server stops is answered', async (t) => {
  const server = await startedServer(t);
  const { email } = await addUser(server.collections);
  const body = JSON.stringify({ email, password: PASSWORD });
  const login = request(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      expect: '100-continue',
    },
  });
  login.flushHeaders();
  await once(login, 'continue'); // The server has the request, and waits for its body.

  server.kill('SIGTERM');
  await server.seen(/"msg":"stopping"/);
  await waitFor('A server that listens no more', () =>
    send(`${server.url}/livez`).then(
      () => false,
      () => true,
    ),
  );
  await t.throwsAsync(send(`${server.url}/livez`), undefined, 'no new request is taken');
  login.end(body);

  const [response] = (await once(login, 'response')) as [IncomingMessage];
  t.is(response.statusCode, 200);
  t.is(((await json(response)) as { token_type: string }).token_type, 'Bearer');
  t.like(await server.finished, { code: 0, stderr: '' });
});
