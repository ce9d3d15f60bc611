import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { SECOND } from '../lib/time.ts';
import { generateSecret } from '../lib/tokens/secret-rules.ts';
import { migratedDatabase } from './helpers/database.ts';
import { faultyAtSignal, UNCAUGHT } from './helpers/faulty-program.ts';
import { startServerProcess } from './helpers/processes.ts';
import { send } from './helpers/server.ts';

async function startServer(t: ExecutionContext, env: Record<string, string> = {}) {
  const { uri } = await migratedDatabase(t);
  return startServerProcess(t, { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), ...env });
}

/** What one request on this agent came to: its status and its Connection header. */
async function ask(url: string, agent?: Agent) {
  const [response] = (await once(get(url, { ...(agent && { agent }) }), 'response')) as [
    IncomingMessage,
  ];
  await text(response);
  return { status: response.statusCode, connection: response.headers.connection };
}

const CLOSES = { status: 200, connection: 'close' };

/** In the middle of a request: its headers are read, its body is not there yet. */
async function begunRequest(url: string) {
  const begun = request(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 2, expect: '100-continue' },
  });
  begun.flushHeaders();
  await once(begun, 'continue');
  return begun;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal}: for SHUTDOWN_DELAY the server serves, is not ready, and every answer ends its connection`, async (t) => {
    const server = await startServer(t, { SHUTDOWN_DELAY: '3s' });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    t.teardown(() => agent.destroy());
    const eight = (url: string) => Promise.all(Array.from({ length: 8 }, () => ask(url, agent)));
    await eight(`${server.url}/livez`);
    const begun = await begunRequest(server.url);

    const asked = performance.now();
    server.kill(signal);
    await server.seen(/"msg":"stopping"/);
    t.deepEqual(await eight(`${server.url}/livez`), Array(8).fill(CLOSES), 'kept connections');
    t.deepEqual(await ask(`${server.url}/livez`), CLOSES, 'a new connection');
    const { status, headers, body } = await send(`${server.url}/readyz`);
    t.deepEqual([status, body.status, headers.get('connection')], [503, 'stopping', 'close']);
    begun.end('{}');
    const [answer] = (await once(begun, 'response')) as [IncomingMessage];
    t.deepEqual([answer.statusCode, answer.headers.connection], [422, 'close'], 'begun before');
    answer.resume();
    t.like(await server.finished, { code: 0, signal: null, stderr: '' });
    const took = performance.now() - asked;
    t.true(took >= 3 * SECOND, String(took));
  });
}

test('A second signal ends the delay, and cuts off no request that is under way', async (t) => {
  const server = await startServer(t, { SHUTDOWN_DELAY: '10m' });
  const begun = await begunRequest(server.url);
  server.kill('SIGTERM');
  await server.seen(/"msg":"stopping"/);
  await delay(600); // within half a second it would be the same wish, sent twice
  for (const again of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) server.kill(again);
  await refused(server.url);
  server.kill('SIGTERM');
  begun.end('{}');
  const [answer] = (await once(begun, 'response')) as [IncomingMessage];
  t.is(answer.statusCode, 422);
  answer.resume();
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

async function refused(url: string): Promise<void> {
  while (
    await send(`${url}/livez`).then(
      () => true,
      () => false,
    )
  )
    await delay(20);
}

test('SIGQUIT ends the server without the delay, with 0', async (t) => {
  const server = await startServer(t, { SHUTDOWN_DELAY: '10m' });
  server.kill('SIGQUIT');
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

for (const [fault, code] of Object.entries(UNCAUGHT)) {
  test(`After ${fault} that nothing caught the server ends without the delay, with 1: it is in the log, and no request is cut off`, async (t) => {
    const env = { SHUTDOWN_DELAY: '10m', ...faultyAtSignal(t, code) };
    const server = await startServer(t, env);
    const begun = await begunRequest(server.url);
    server.kill('SIGUSR2');
    await server.seen(/"level":"fatal".*that nothing caught/);
    await refused(server.url);
    begun.end('{}');
    const [answer] = (await once(begun, 'response')) as [IncomingMessage];
    t.is(answer.statusCode, 422);
    answer.resume();
    t.like(await server.finished, { code: 1, signal: null, stderr: '' });
  });
}

test('SIGUSR1, SIGUSR2 and SIGPIPE do nothing: no debugger, no end', async (t) => {
  const server = await startServer(t);
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) server.kill(signal);
  t.deepEqual((await ask(`${server.url}/readyz`)).status, 200);
  server.kill('SIGTERM');
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

test('A connection on which nothing was ever asked does not hold up the end', async (t) => {
  const server = await startServer(t);
  const { port } = new URL(server.url);
  const silent = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  t.teardown(() => silent.destroy());
  await once(silent, 'connect');
  const asked = performance.now();
  server.kill('SIGTERM');
  t.is((await server.finished).code, 0);
  t.true(performance.now() - asked < 4 * SECOND);
});

test('KEEP_ALIVE_TIMEOUT is how long a connection is kept, and clients are told', async (t) => {
  const { url } = await startServer(t, { KEEP_ALIVE_TIMEOUT: '620s' });
  const { headers } = await send(`${url}/livez`);
  t.is(headers.get('keep-alive'), 'timeout=620');
});
