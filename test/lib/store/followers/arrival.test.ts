import test from 'ava';
import { createArrival } from '../../../../lib/store/followers/arrival.ts';
import { waitFor } from '../../../../scripts/dev/wait-for.ts';

const now = () => ({ wall: Date.now(), mono: performance.now() });
const later = (since: number, milliseconds: number) =>
  waitFor('Time', () => performance.now() - since > milliseconds, { interval: 1 });

test('a renewal that is missing for a while is overdue, once', async (t) => {
  const arrival = createArrival();
  t.false(arrival.isOverdue(0));
  const start = performance.now();
  arrival.acknowledged(now());
  await later(start, 5);
  t.true(arrival.isOverdue(4));
  t.false(arrival.isOverdue(60_000));
});

test('a renewal that has arrived is not overdue', async (t) => {
  const arrival = createArrival();
  const began = now();
  arrival.arrived(began);
  arrival.acknowledged(began);
  await later(began.mono, 5);
  t.false(arrival.isOverdue(0));
});

test('a renewal is not overdue while other events arrive', async (t) => {
  const arrival = createArrival();
  const start = performance.now();
  arrival.acknowledged(now());
  await later(start, 50);
  const progress = performance.now();
  arrival.progressed();
  t.false(arrival.isOverdue(performance.now() - progress + 1));
  t.false(arrival.isOverdue(60_000));
});
