import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { createApp } from '../../server/app.ts';
import { listen, type Timeouts } from '../../server/http-server.ts';
import { createLog } from '../../server/log.ts';
import { testAuth } from '../helpers/auth.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import { send } from '../helpers/server.ts';

const LIMITS: Timeouts = {
  headersTimeout: 1_000,
  requestTimeout: 1_500,
  keepAliveTimeout: 500,
  inactivityTimeout: 2_000,
  checkInterval: 50,
};

/** Node gives an idle connection a second more, so that a request that is on its way is not lost. */
const LATEST = 3 * SECOND;

const POST = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const GET = 'GET /livez HTTP/1.1\r\nHost: x\r\n';
/** No client of a test is that slow. */
const UNLIMITED: Timeouts = {
  headersTimeout: MINUTE,
  requestTimeout: MINUTE,
  keepAliveTimeout: MINUTE,
  inactivityTimeout: MINUTE,
  checkInterval: SECOND,
};

const MORE = 'a'.repeat(10_000);

/** Bytes that a client sends at once, bytes that follow one by one, and the statuses of the answers. */
const CLIENTS: Readonly<Record<string, readonly [now: string, slowly: string, answers: RegExp]>> = {
  'sends nothing': ['', '', /^408 $/],
  'sends one header byte by byte': ['', `${GET}X: ${MORE}`, /^408 $/],
  'sends empty lines': ['', '\r\n'.repeat(5_000), /^408 $/],
  'sends a body byte by byte': [`${POST}Content-Length: 9999\r\n\r\n`, MORE, /^408 $/],
  'sends chunks of a byte': [
    `${POST}Transfer-Encoding: chunked\r\n\r\n`,
    '1\r\na\r\n'.repeat(2_000),
    /^408 $/,
  ],
  'sends no body after 100 Continue': [
    `${POST}Expect: 100-continue\r\nContent-Length: 9999\r\n\r\n`,
    '',
    /^100 408 $/,
  ],
  'sends a body that nobody waits for': [
    `${GET}Content-Length: 9999\r\n\r\n`,
    MORE,
    /^200 (?:408 )?$/,
  ],
  'sends a request, and nothing more': [`${GET}\r\n`, '', /^200 $/],
  'sends a request, and another byte by byte': [`${GET}\r\n`, `${GET}X: ${MORE}`, /^200 408 $/],
};

async function slowServer(t: ExecutionContext, requestDeadline: number, timeouts = LIMITS) {
  const { auth } = await testAuth(t);
  const log = createLog('silent');
  const app = createApp({
    auth,
    log,
    requestDeadline,
    trustProxy: 0,
    stopping: new AbortController().signal,
  });
  const options = { host: '127.0.0.1', port: 0, log, timeouts };
  const server = await listen(app.callback(), options);
  t.teardown(() => server.close(0));
  return server.url;
}

/** Sends something at once and the rest byte by byte, until the server ends it. Answers what was answered. */
async function sendSlowly(url: string, now: string, slowly: string) {
  const started = loopTime();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined); // it is cut off while it writes
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes;
  });
  socket.write(now);
  for (let next = 0; !hasEnded(socket) && loopTime() - started < 10 * SECOND; next++) {
    if (next < slowly.length) socket.write(slowly.charAt(next));
    await delay(20);
  }
  socket.destroy();
  const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => `${status} `);
  return { answers: statuses.join(''), took: loopTime() - started };
}

function hasEnded(socket: Socket): boolean {
  return socket.destroyed || socket.readableEnded;
}

test.serial(
  'Whoever takes all the time in the world is cut off, and nobody else notices',
  async (t) => {
    const url = await slowServer(t, MINUTE);
    const slow = Object.entries(CLIENTS).flatMap(([name, [now, slowly, answers]]) =>
      Array.from({ length: 20 }, async () => ({
        name,
        expected: answers,
        ...(await sendSlowly(url, now, slowly)),
      })),
    );
    let asked = 0;
    const all = Promise.all(slow);
    const isOver = all.then(() => true);
    while (!(await Promise.race([isOver, delay(50, false)])) || asked <= 5) {
      t.is((await send(`${url}/livez`, { headers: { connection: 'close' } })).status, 200);
      asked++;
    }
    for (const { name, answers, expected, took } of await all) {
      t.regex(answers, expected, name);
      t.true(took < LATEST + 2 * SECOND, `${name} had ${took} ms`);
    }
  },
);

test.serial(
  'A body that does not come within the deadline is answered 408, long before Node would',
  async (t) => {
    const url = await slowServer(t, 500, UNLIMITED);
    const [now, slowly] = CLIENTS['sends a body byte by byte'] ?? [];
    const { answers, took } = await sendSlowly(url, now ?? '', slowly ?? '');
    t.is(answers, '408 ');
    t.true(took < 10 * SECOND, `${took} ms`);
  },
);

test.serial(
  'A client that reads none of its answers is read from no longer, and cut off',
  async (t) => {
    const url = await slowServer(t, MINUTE);
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
    t.teardown(() => socket.destroy());
    const isLost = new Promise<true>((lost) => socket.on('error', () => lost(true)));
    const requests = `${GET}\r\n`.repeat(1_000);
    let sent = 0;
    const started = loopTime();
    while (!(await Promise.race([isLost, delay(1, false)]))) {
      if (socket.writableLength > requests.length) continue;
      if (loopTime() - started > 30 * SECOND) return t.fail('it was never cut off');
      socket.write(requests);
      sent += 1_000;
    }
    t.true(sent < 1_000_000, `${sent} requests were taken`);
    t.is((await send(`${url}/livez`)).status, 200);
  },
);

test.serial('Clients that leave while they wait for an answer leave nothing behind', async (t) => {
  const url = await slowServer(t, MINUTE, UNLIMITED);
  t.is((await send(`${url}/readyz`)).status, 200);
  const before = countSockets();
  const clients = Array.from({ length: 300 }, () =>
    connect(Number(new URL(url).port), '127.0.0.1'),
  );
  for (const client of clients) {
    client.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n', () => client.destroy());
  }
  // Concurrent commands use some ten connections to the database, which stay open.
  await waitFor(`Not many more sockets than ${before}`, () => countSockets() <= before + 50);
  t.is((await send(`${url}/readyz`)).status, 200);
});

function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

test('A connection is kept for its idle time, also where that is longer than every other limit', async (t) => {
  const limits: Timeouts = {
    headersTimeout: 800,
    requestTimeout: 800,
    keepAliveTimeout: MINUTE,
    inactivityTimeout: 1_000,
    checkInterval: 50,
  };
  const url = await slowServer(t, MINUTE, limits);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const sockets = new Set<unknown>();
  for (const _ of [1, 2]) {
    const [response] = await once(get(`${url}/livez`, { agent }), 'response');
    sockets.add(response.socket);
    await json(response);
    await delay(1.5 * limits.inactivityTimeout);
  }
  t.is(sockets.size, 1);
});
