import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { codeAtSignal, UNCAUGHT } from '../helpers/code-at-signal.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import { startServerProcess } from '../helpers/processes.ts';
import { openScope } from '../helpers/scope.ts';
import { send, serve } from '../helpers/server.ts';

/** A database for the servers of all tests: none writes anything that another reads. */
const file = openScope();
const { uri } = await migratedDatabase(file);
test.after.always(file.end);

function startServer(t: ExecutionContext, env: Record<string, string> = {}) {
  return startServerProcess(t, { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), ...env });
}

/** The end of a request: its answer, or the error that it ended in. */
interface Outcome {
  readonly status?: number | undefined;
  readonly connection?: string | undefined;
  readonly error?: string;
}

/** Never rejects: a request that is cut off fails its own test, not the whole file. */
async function awaitOutcome(sent: ClientRequest): Promise<Outcome> {
  sent.on('error', () => undefined); // it may come when nobody waits any more
  try {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    await text(answer);
    return { status: answer.statusCode, connection: answer.headers.connection };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function ask(url: string, agent?: Agent): Promise<Outcome> {
  return awaitOutcome(get(url, { ...(agent && { agent }) }));
}

const CLOSES = { status: 200, connection: 'close' };
const REFUSES_BODY = { status: 422, connection: 'close' };

/** Begins a request, and returns once its headers are read; its body is not sent yet. */
async function begunRequest(url: string) {
  const begun = request(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': 2, expect: '100-continue' },
  });
  const outcome = awaitOutcome(begun);
  begun.flushHeaders();
  await once(begun, 'continue');
  const end = () => {
    begun.end('{}');
    return outcome;
  };
  return { end };
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
    t.deepEqual(await begun.end(), REFUSES_BODY, 'begun before');
    t.like(await server.finished, { code: 0, signal: null, stderr: '' });
    const took = performance.now() - asked;
    t.true(took >= 3 * SECOND, String(took));
  });
}

test('The time to finish counts from the end of SHUTDOWN_DELAY: a request is served that ends later than that after the signal', async (t) => {
  const server = await startServer(t, { SHUTDOWN_DELAY: '11s', REQUEST_DEADLINE: '10s' });
  server.kill('SIGTERM');
  await server.seen(/"msg":"stopping"/);
  const last = await lastBegunRequest(t, server.url);
  await delay(500); // a request that has no time left is cut off meanwhile
  t.deepEqual(await last.end(), REFUSES_BODY);
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

/** Ends each request when the next one has begun, until the server takes no more. */
async function lastBegunRequest(t: ExecutionContext, url: string) {
  for (let last = await begunRequest(url); ; ) {
    await delay(100);
    const next = await begunRequest(url).catch(() => undefined);
    if (next === undefined) return last;
    t.deepEqual(await last.end(), REFUSES_BODY);
    last = next;
  }
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
  t.deepEqual(await begun.end(), REFUSES_BODY);
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

async function refused(url: string): Promise<void> {
  const isRefused = () =>
    send(`${url}/livez`).then(
      () => false,
      () => true,
    );
  await waitFor('A server that listens no more', isRefused);
}

test('SIGQUIT ends the server without the delay, with 0', async (t) => {
  const server = await startServer(t, { SHUTDOWN_DELAY: '10m' });
  server.kill('SIGQUIT');
  t.like(await server.finished, { code: 0, signal: null, stderr: '' });
});

for (const [fault, code] of Object.entries(UNCAUGHT)) {
  test(`After ${fault} that nothing caught the server ends without the delay, with 1: it is in the log, and no request is cut off`, async (t) => {
    const env = { SHUTDOWN_DELAY: '10m', ...codeAtSignal(t, code) };
    const server = await startServer(t, env);
    const begun = await begunRequest(server.url);
    server.kill('SIGUSR2');
    await server.seen(/"level":"fatal".*uncaught error/);
    await refused(server.url);
    t.deepEqual(await begun.end(), REFUSES_BODY);
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

test('A connection without a request does not delay the end', async (t) => {
  const server = await startServer(t, { REQUEST_DEADLINE: '60s' });
  const { port } = new URL(server.url);
  const silent = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  t.teardown(() => silent.destroy());
  await once(silent, 'connect');
  const begun = await begunRequest(server.url);
  server.kill('SIGTERM');
  await once(silent.resume(), 'close');
  // The time to finish is not up: this request is not cut off.
  t.deepEqual(await begun.end(), REFUSES_BODY);
  t.is((await server.finished).code, 0);
});

test('KEEP_ALIVE_TIMEOUT is sent to clients', async (t) => {
  const { url } = await startServer(t, { KEEP_ALIVE_TIMEOUT: '620s' });
  const { headers } = await send(`${url}/livez`);
  t.is(headers.get('keep-alive'), 'timeout=620');
});

test('A connection is kept for KEEP_ALIVE_TIMEOUT after each answer, and ended then', async (t) => {
  const { url } = await serve(t, { MONGODB_URI: uri, KEEP_ALIVE_TIMEOUT: '3s' });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  const ended = once(socket, 'end');
  let askedAt = 0;
  let askedInLoop = 0;
  for (const pause of [0, SECOND]) {
    await delay(pause);
    askedAt = performance.now();
    askedInLoop = loopTime();
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = await once(socket, 'data');
    t.regex(String(answer), /^HTTP\/1\.1 200 /);
  }
  await ended;
  const kept = performance.now() - askedAt;
  t.true(kept > 2.9 * SECOND && loopTime() - askedInLoop < 20 * SECOND, `${kept}`);
});
