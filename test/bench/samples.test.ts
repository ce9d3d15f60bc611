import test from 'ava';
import { percentile, Tally } from '../../scripts/bench/generator/loops.ts';

test('percentiles are samples, in any order and of any number', (t) => {
  const samples = Array.from({ length: 10_000 }, (_, index) => (10_000 - index) / 1000);
  t.is(samples.length, 10_000);
  t.is(percentile(samples, 0.5), 5);
  t.is(percentile(samples, 0.99), 9.9);
  t.is(percentile(samples, 1), 10);
  t.is(percentile(samples, 0), 0.001);
});

test('samples that come after a percentile was read count as well', (t) => {
  const tally = new Tally();
  const add = (latency: number) =>
    tally.add({ bytes: Buffer.of(), expected: 200 }, 200, latency, true);
  add(1);
  t.is(tally.result(1).max, 1);
  add(3);
  add(2);
  t.is(tally.result(1).p50, 2);
  t.is(tally.result(1).max, 3);
});

test('there is no percentile of no sample', (t) => {
  t.is(percentile([], 0.5), Number.NaN);
});
