import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Collections, openCollections } from '../../../../lib/store/mongo/collections.ts';
import { connect } from '../../../../lib/store/mongo/database.ts';
import {
  createDailyCounters,
  type DailyCountersOptions,
} from '../../../../lib/store/records/daily-counters.ts';
import { HOUR } from '../../../../lib/time.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient } from '../../../helpers/failpoint.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const AT_NOON: DailyCountersOptions = { clock: () => NOON, flushEvery: HOUR };

function counting(t: ExecutionContext, collections: Collections, options = AT_NOON) {
  const counts = createDailyCounters(collections, options);
  t.teardown(() => counts.stop());
  return counts;
}

const all = ({ dailyCounts }: Collections) => dailyCounts.find().sort({ _id: 1 }).toArray();

test('sums are written by day and name, and nothing is before', async (t) => {
  const { collections } = await migratedDatabase(t);
  const counts = counting(t, collections);
  for (let time = 0; time < 3; time++) counts.increment('revocations');
  counts.increment('store_failures');
  t.deepEqual(await all(collections), []);
  await counts.flush();
  await counts.flush();
  counts.increment('revocations');
  await counts.flush();
  const day = new Date('2026-11-24T00:00:00Z');
  t.deepEqual(await all(collections), [
    { _id: '2026-11-24:revocations', day, n: 4 },
    { _id: '2026-11-24:store_failures', day, n: 1 },
  ]);
});

test('the day is that of UTC when something happened, not when it is written', async (t) => {
  const { collections } = await migratedDatabase(t);
  let now = Date.parse('2026-11-24T23:59:59.999Z');
  const counts = counting(t, collections, { ...AT_NOON, clock: () => now });
  counts.increment('revocations');
  now += 1;
  counts.increment('revocations');
  counts.increment('revocations');
  await counts.flush();
  t.deepEqual(
    (await all(collections)).map(({ _id, n }) => [_id, n]),
    [
      ['2026-11-24:revocations', 1],
      ['2026-11-25:revocations', 2],
    ],
  );
  const last = await counts.last(3);
  t.deepEqual(
    last.map(({ day, revocations }) => [day, revocations]),
    [
      ['2026-11-25', 2],
      ['2026-11-24', 1],
      ['2026-11-23', 0],
    ],
  );
});

test('many processes add up, also when they write a new sum at the same time', async (t) => {
  const { collections } = await migratedDatabase(t);
  const processes = Array.from({ length: 20 }, () => counting(t, collections));
  for (const counts of processes) counts.increment('refused_revoked');
  // The slower one of two first writes may fail with E11000; then it keeps its sum for the next time.
  for (let time = 0; time < 3; time++) await Promise.all(processes.map(({ flush }) => flush()));
  t.is((await all(collections))[0]?.n, 20);
});

test('what is counted while a write is under way is neither lost nor written twice', async (t) => {
  const { collections } = await migratedDatabase(t);
  const counts = counting(t, collections);
  const writes: Promise<void>[] = [];
  for (let time = 0; time < 200; time++) {
    counts.increment('revocations');
    if (time % 10 === 0) writes.push(counts.flush());
    if (time % 25 === 0) await delay(1);
  }
  await Promise.all(writes);
  await counts.stop();
  t.is((await all(collections))[0]?.n, 200);
});

test('sums are written from time to time, and at the end', async (t) => {
  const { collections } = await migratedDatabase(t);
  const counts = counting(t, collections, { clock: () => NOON, flushEvery: 20 });
  counts.increment('revocations');
  await waitFor('A sum', async () => (await all(collections)).length > 0);
  const last = counting(t, collections);
  last.increment('revocations');
  await last.stop();
  t.is((await all(collections))[0]?.n, 2);
});

// Serial, because a mongod has one failCommand for all.
test.serial('a sum that cannot be written is kept, and written the next time', async (t) => {
  const { uri, collections } = await migratedDatabase(t);
  const { under, collections: failing } = failingClient(t, uri);
  const counts = counting(t, failing);
  counts.increment('revocations');
  const fault = { mode: { times: 1 }, failCommands: ['update'], errorCode: 8000 } as const;
  await under(fault, () => counts.flush());
  t.deepEqual(await all(collections), []);
  counts.increment('revocations');
  await counts.flush();
  t.is((await all(collections))[0]?.n, 2);
});

test('a database that is gone keeps nobody from stopping', async (t) => {
  const { db, close } = connect('mongodb://127.0.0.1:1/rescind', { deadline: 1_000 });
  t.teardown(close);
  const counts = counting(t, openCollections(db));
  counts.increment('revocations');
  await t.notThrowsAsync(counts.stop());
});
