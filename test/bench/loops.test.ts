import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { runClosedLoop, runOpenLoop } from '../../scripts/bench/generator/loops.ts';
import {
  once as eachOnce,
  meRequest,
  type Request,
  randomly,
} from '../../scripts/bench/generator/requests.ts';

async function serve(t: ExecutionContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function requests(count: number, expected = 200): Request[] {
  return Array.from({ length: count }, (_, index) =>
    meRequest('Authorization', `Bearer ${index}`, expected),
  );
}

test('a closed loop keeps its connections busy, and counts only what is measured', async (t) => {
  let most = 0;
  let underWay = 0;
  let served = 0;
  let allBusy = () => {};
  const busy = new Promise<void>((resolve) => {
    allBusy = resolve;
  });
  const port = await serve(t, async (_, response) => {
    most = Math.max(most, ++underWay);
    if (underWay === 4) allBusy();
    await busy;
    await sleep(2);
    underWay--;
    served++;
    response.end('ok');
  });
  const times = { port, leadIn: 100, duration: 1_500 };
  const result = await runClosedLoop(times, randomly(requests(5)), 4);
  t.is(most, 4);
  t.is(result.answered, served);
  t.true(result.completed < served);
  t.is(Math.round(result.elapsed), 1_500);
  t.deepEqual(result.statuses, { 200: served });
  t.is(result.wrong, 0);
  t.true(result.p50 >= 1.5 && result.p50 <= result.p99 && result.p99 <= result.max);
});

test('a closed loop ends when each request has been sent once', async (t) => {
  const seen = new Set<string | undefined>();
  const port = await serve(t, (request, response) => {
    seen.add(request.headers.authorization);
    response.end();
  });
  const times = { port, leadIn: 0, duration: 60_000 };
  const result = await runClosedLoop(times, eachOnce(requests(500)), 10);
  t.is(seen.size, 500);
  t.is(result.answered, 500);
  t.true(result.elapsed < 60_000);
});

test('an answer that is not the expected one counts as wrong', async (t) => {
  const port = await serve(t, (request, response) => {
    response.statusCode = request.headers.authorization === 'Bearer 0' ? 500 : 401;
    response.end();
  });
  const times = { port, leadIn: 0, duration: 60_000 };
  const { wrong, statuses } = await runClosedLoop(times, eachOnce(requests(10, 401)), 1);
  t.is(wrong, 1);
  t.deepEqual(statuses, { 401: 9, 500: 1 });
});

test('a connection that breaks instead of an answer fails the run', async (t) => {
  const port = await serve(t, (request) => request.socket.destroy());
  const times = { port, leadIn: 0, duration: 1_000 };
  const source = randomly(requests(1));
  await t.throwsAsync(runClosedLoop(times, source, 2), { message: /without an answer|ECONNRESET/ });
  await t.throwsAsync(runOpenLoop(times, source, 100), { message: /without an answer|ECONNRESET/ });
});

test('a server that does not listen fails the run', async (t) => {
  const times = { port: 1, leadIn: 0, duration: 1_000 };
  await t.throwsAsync(runClosedLoop(times, randomly(requests(1)), 1), { message: /ECONNREFUSED/ });
});

test('an open loop sends at its rate, and charges a stall to all who came meanwhile', async (t) => {
  let count = 0;
  const port = await serve(t, (_, response) => {
    // The server stands still for 200 ms, in the middle of one request.
    if (++count === 50) for (const end = performance.now() + 200; performance.now() < end; );
    response.end();
  });
  const times = { port, leadIn: 0, duration: 1_000 };
  const result = await runOpenLoop(times, randomly(requests(5)), 200);
  t.is(result.completed, 200);
  t.is(count, 200);
  t.true(result.max >= 195);
  // Some 40 requests were due in those 200 ms, and waited 100 ms in the mean.
  t.true(result.p99 >= 150, `p99 ${result.p99}`);
});

test('an open loop does not wait for slow answers: it opens connections', async (t) => {
  let underWay = 0;
  let most = 0;
  let fifteenCame = () => {};
  const fifteen = new Promise<void>((resolve) => {
    fifteenCame = resolve;
  });
  const port = await serve(t, async (_, response) => {
    most = Math.max(most, ++underWay);
    if (underWay === 15) fifteenCame();
    await fifteen;
    underWay--;
    response.end();
  });
  const result = await runOpenLoop({ port, leadIn: 0, duration: 500 }, randomly(requests(5)), 100);
  t.is(result.completed, 50);
  t.true(most >= 15, `${most} at once`);
});
