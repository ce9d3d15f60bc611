import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createLastUse, type LastUseOptions } from '../../../../lib/store/sessions/last-use.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient } from '../../../helpers/failpoint.ts';
import { notedClient } from '../../../helpers/noted-client.ts';

/** Never by itself: what is noted is written by `stop`. */
const BY_HAND = { interval: 5 * MINUTE, flushEvery: DAY };

async function setUp(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const client = await notedClient(t, uri);

  /** A session that was last used so many milliseconds ago. */
  async function open(lastUsed: number): Promise<string> {
    const id = randomUUID();
    const now = Date.now();
    await createSessions(collections).insert({
      id,
      userId: randomUUID(),
      stamp: now,
      authTime: new Date(now - lastUsed),
      expiresAt: new Date(now + HOUR),
      endsAt: new Date(now + DAY),
      ip: '192.0.2.1',
      userAgent: undefined,
    });
    return id;
  }

  function start(options: LastUseOptions) {
    const lastUse = createLastUse(client.collections, options);
    t.teardown(() => lastUse.stop());
    return lastUse;
  }

  const read = (id: string) => collections.sessions.findOne({ _id: id });
  const readAge = async (id: string) => Date.now() - Number((await read(id))?.last_used_at);
  return { uri, asked: client.asked, collections, open, start, read, readAge };
}

test('What is noted is written later, in one command for all', async (t) => {
  const { asked, open, start, readAge } = await setUp(t);
  const ids = [await open(HOUR), await open(HOUR), await open(HOUR)];
  const lastUse = start(BY_HAND);
  for (const id of ids) lastUse.touch(id);
  await delay(50);
  t.deepEqual(asked, []);

  await lastUse.stop();
  t.deepEqual(asked, ['update sessions']);
  for (const id of ids) t.true((await readAge(id)) < MINUTE);
});

test('A session is written at most once in the interval, however often it is used', async (t) => {
  const { asked, open, start } = await setUp(t);
  const id = await open(HOUR);
  const lastUse = start({ interval: 5 * MINUTE, flushEvery: 20 });
  const until = performance.now() + SECOND;
  while (performance.now() < until) {
    lastUse.touch(id);
    await delay(5);
  }
  await lastUse.stop();
  t.deepEqual(asked, ['update sessions']);
});

test('Once the interval is over the next use is written again', async (t) => {
  const { open, start, read } = await setUp(t);
  const id = await open(HOUR);
  const lastUse = start({ interval: 1_500, flushEvery: 20 });

  async function usedUntilWritten(): Promise<number> {
    const before = (await read(id))?.last_used_at.getTime();
    return waitFor('Another time', async () => {
      lastUse.touch(id);
      const now = (await read(id))?.last_used_at.getTime();
      return now !== before && now;
    });
  }

  const first = await usedUntilWritten();
  t.true((await usedUntilWritten()) - first >= 1_500);
});

test('Two servers write a session no oftener than one', async (t) => {
  const { open, start, read } = await setUp(t);
  const id = await open(HOUR);
  for (const server of [start(BY_HAND), start(BY_HAND)]) {
    const before = await read(id);
    server.touch(id);
    await server.stop();
    const after = await read(id);
    const isFirst = Number(before?.last_used_at) < Date.now() - MINUTE;
    t.is(after?.last_used_at.getTime() !== before?.last_used_at.getTime(), isFirst);
  }
});

test('A session that was used a moment ago is left as it is', async (t) => {
  const { open, start, read } = await setUp(t);
  const id = await open(MINUTE);
  const before = await read(id);
  const lastUse = start(BY_HAND);
  lastUse.touch(id);
  await lastUse.stop();
  t.deepEqual(await read(id), before);
});

test('A session that is gone is not made again', async (t) => {
  const { collections, start } = await setUp(t);
  const lastUse = start(BY_HAND);
  lastUse.touch(randomUUID());
  lastUse.touch('');
  await lastUse.stop();
  t.is(await collections.sessions.countDocuments(), 0);
});

test('Nothing is written where nothing was used', async (t) => {
  const { asked, start } = await setUp(t);
  const lastUse = start({ interval: MINUTE, flushEvery: 5 });
  await delay(100);
  await lastUse.stop();
  t.deepEqual(asked, []);
});

test('All that was noted is written before it stops, also where it is much', async (t) => {
  const { asked, collections, open, start } = await setUp(t);
  const template = await collections.sessions.findOne({ _id: await open(HOUR) });
  if (template === null) return t.fail();
  const documents = Array.from({ length: 2_500 }, () => ({ ...template, _id: randomUUID() }));
  await collections.sessions.insertMany(documents);
  const lastUse = start(BY_HAND);
  for (const { _id } of documents) lastUse.touch(_id);
  await lastUse.stop();
  t.deepEqual(asked, ['update sessions']);
  const used = { last_used_at: { $gt: new Date(Date.now() - MINUTE) } };
  t.is(await collections.sessions.countDocuments(used), 2_500);
});

test('What is used by many is written in commands of at most 1,000', async (t) => {
  const { asked, start } = await setUp(t);
  const lastUse = start({ interval: MINUTE, flushEvery: 20 });
  for (let count = 0; count < 2_500; count++) lastUse.touch(randomUUID());
  await waitFor('Three commands', () => asked.length >= 3);
  await lastUse.stop();
  t.is(asked.length, 3);
});

test.serial('A write that fails harms nobody, and the next one goes on', async (t) => {
  const { uri, open, readAge } = await setUp(t);
  const { under, collections } = failingClient(t, uri);
  const first = createLastUse(collections, BY_HAND);
  const id = await open(HOUR);
  first.touch(id);
  await under({ mode: { times: 2 }, failCommands: ['update'], errorCode: 8000 }, () =>
    first.stop(),
  );
  t.true((await readAge(id)) > HOUR - MINUTE);

  const second = createLastUse(collections, BY_HAND);
  second.touch(id);
  await second.stop();
  t.true((await readAge(id)) < MINUTE);
});

const readSeenCounter = async (read: (id: string) => Promise<unknown>, id: string) =>
  ((await read(id)) as { seen_counter?: number } | null)?.seen_counter;

/** Waits for the session to have this counter. */
async function untilSeen(read: (id: string) => Promise<unknown>, id: string, counter: number) {
  await waitFor(`Counter ${counter}`, async () => (await readSeenCounter(read, id)) === counter);
}

test('A counter that rises is written at once, whatever the intervals; one that does not costs nothing', async (t) => {
  const { asked, open, start, read } = await setUp(t);
  const id = await open(HOUR);
  const lastUse = start(BY_HAND);
  for (const counter of [0, 0]) lastUse.touch(id, counter);
  lastUse.touch(id, 1);
  await untilSeen(read, id, 1);
  for (const counter of [1, 0, 1]) lastUse.touch(id, counter);
  lastUse.touch(id);
  t.is(lastUse.seenCounter(id), 1);
  lastUse.touch(id, 3);
  t.is(lastUse.seenCounter(id), 3, 'before it is written');
  await untilSeen(read, id, 3);
  t.deepEqual(asked, ['update sessions', 'update sessions']);
});

test('Counters of many sessions share a command, and the highest of all servers stands', async (t) => {
  const { asked, open, start, read } = await setUp(t);
  const ids = await Promise.all(Array.from({ length: 20 }, () => open(HOUR)));
  const [high, low] = [start(BY_HAND), start(BY_HAND)];
  for (const id of ids) high.touch(id, 7);
  await Promise.all(ids.map((id) => untilSeen(read, id, 7)));
  t.deepEqual(asked, ['update sessions']);
  for (const id of ids) low.touch(id, 6);
  await low.stop();
  for (const id of ids) t.is(await readSeenCounter(read, id), 7);
});

test('A counter of a session that is gone makes none', async (t) => {
  const { collections, start } = await setUp(t);
  const lastUse = start(BY_HAND);
  lastUse.touch(randomUUID(), 4);
  await lastUse.stop();
  t.is(await collections.sessions.countDocuments(), 0);
});

test.serial('A counter whose write fails is tried again until it is written', async (t) => {
  const { uri, open, read } = await setUp(t);
  const { under, collections } = failingClient(t, uri);
  const lastUse = createLastUse(collections, { ...BY_HAND, retryAfter: 20 });
  t.teardown(() => lastUse.stop());
  const id = await open(HOUR);
  await under({ mode: { times: 3 }, failCommands: ['update'], errorCode: 8000 }, async () => {
    lastUse.touch(id, 2);
    await untilSeen(read, id, 2);
  });
  t.is(await readSeenCounter(read, id), 2);
});

test.serial(
  'A server that stops writes the counters that are left, and does not wait for a database that fails',
  async (t) => {
    const { uri, open, read } = await setUp(t);
    const { under, collections } = failingClient(t, uri);
    const written = createLastUse(collections, BY_HAND);
    const id = await open(HOUR);
    written.touch(id, 2);
    await written.stop();
    t.is(await readSeenCounter(read, id), 2);

    const failed = createLastUse(collections, { ...BY_HAND, retryAfter: DAY });
    await under({ mode: { times: 4 }, failCommands: ['update'], errorCode: 8000 }, async () => {
      failed.touch(id, 3);
      await failed.stop();
    });
    t.is(await readSeenCounter(read, id), 2);
  },
);
