import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { SECOND } from '../../../lib/time.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { migratedDatabase } from '../../helpers/database.ts';
import { loopTime } from '../../helpers/loop-clock.ts';
import type { CommandProxy, Fault } from '../../helpers/proxy/command-proxy.ts';
import { type Answer, sendAs } from '../../helpers/server.ts';
import { refresh } from '../../helpers/sessions.ts';
import { goodRequests, summarize } from '../good-requests.ts';
import { type BreakableServer, breakableServer, DEADLINE, isAway } from './break-each-command.ts';

/** Milliseconds of the event loop, in which servers, clients and proxies work side by side. */
const MARGIN = 3 * SECOND;

const always = Number.POSITIVE_INFINITY;
const SILENCE: Fault = { isDone: false, answer: () => 'silence', times: always };
const CUT: Fault = { isDone: false, answer: () => 'cut', times: always };

const HARMS: Readonly<Record<string, (proxy: CommandProxy) => unknown>> = {
  'no command is answered': (proxy) => proxy.arm(1, SILENCE),
  'every connection is cut': (proxy) => proxy.arm(1, CUT),
  'nobody listens': (proxy) => proxy.close(),
};

/** Requests that need no database. */
const KNOWS_BY_ITSELF = /livez|jwks/;

for (const [harm, harmed] of Object.entries(HARMS)) {
  test(`Where ${harm}, every request is 503 within the deadline, and none is decided`, async (t) => {
    const server = await breakableServer(t, await migratedDatabase(t));
    const worlds = await Promise.all(
      goodRequests.map(async (request) => {
        const world = await server.openWorld();
        await request.prepare?.(world);
        return { request, world };
      }),
    );
    await harmed(server.proxy);
    await Promise.all(
      worlds.map(async ({ request, world }) => {
        const { answer, worked } = await timed(request.ask(server.url, world));
        const isRight = KNOWS_BY_ITSELF.test(request.route)
          ? answer.status === 200
          : isAway(answer);
        t.true(isRight, `${request.name} was answered ${summarize(answer)}`);
        t.true(worked < DEADLINE + MARGIN, `${request.name} took ${worked} ms`);
      }),
    );
  });
}

const POOL = 50;
const LONG_DEADLINE = 20 * SECOND;

/** The driver's error where no connection came free in a quarter of the deadline. */
const NO_CONNECTION = /WaitQueueTimeout/;

test.serial(
  'With all 50 connections waiting for an answer, others are turned away soon, and it recovers by itself',
  async (t) => {
    const server = await breakableServer(t, await migratedDatabase(t), LONG_DEADLINE);
    const { asker } = await server.openWorld();
    // It shares no read with others: each is a command of its own.
    const renew = () => timed(refresh(server.url, asker.tokens.refresh));
    server.proxy.arm(1, SILENCE);
    const renewals = Array.from({ length: POOL + 30 }, renew);
    await waitFor('All connections in use', () => server.proxy.countMet() >= POOL);
    const me = timed(sendAs(asker.tokens.access, `${server.url}/api/auth/me`));
    await delay(300);
    t.is(server.proxy.countMet(), POOL, 'so many connections there are');

    const all = await Promise.all([me, ...renewals]);
    for (const { answer, worked } of all) {
      t.true(isAway(answer), summarize(answer));
      t.true(worked < LONG_DEADLINE + MARGIN);
    }
    const log = server.log.map((line) => JSON.stringify(line));
    const soon = all.filter(({ answer }) => {
      const id = answer.headers.get('x-request-id') ?? '';
      return log.some((line) => line.includes(id) && NO_CONNECTION.test(line));
    });
    t.is(soon.length, 31);
    for (const { worked } of soon) t.true(worked < LONG_DEADLINE * 0.7);

    server.proxy.disarm();
    const recovery = await timeToRecover(server, asker.tokens.access);
    t.true(recovery < 10 * SECOND, `${recovery} ms`);
    const turnedAway = Math.max(...soon.map(({ took }) => took));
    t.log(`turned away after ${Math.round(turnedAway)} ms; recovered in ${recovery} ms`);
  },
);

/** Measures by the wall clock, and by the event loop's. */
async function timed(asked: Promise<Answer>) {
  const started = performance.now();
  const startedWork = loopTime();
  const answer = await asked;
  return { answer, took: performance.now() - started, worked: loopTime() - startedWork };
}

async function timeToRecover({ url }: BreakableServer, token: string): Promise<number> {
  const started = loopTime();
  const isServed = async () => (await sendAs(token, `${url}/api/auth/me`)).status === 200;
  await waitFor('An answer of 200', isServed);
  return loopTime() - started;
}
