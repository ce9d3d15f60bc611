import test from 'ava';
import { createSamples } from '../../scripts/bench/load/samples.ts';

test('percentiles are samples, in any order and of any number', (t) => {
  const samples = createSamples();
  for (let value = 10_000; value >= 1; value--) samples.add(value / 1000);
  t.is(samples.count, 10_000);
  t.is(samples.percentile(0.5), 5);
  t.is(samples.percentile(0.99), 9.9);
  t.is(samples.percentile(1), 10);
  t.is(samples.percentile(0), 0.001);
});

test('samples that come after a percentile was asked for count as well', (t) => {
  const samples = createSamples();
  samples.add(1);
  t.is(samples.percentile(1), 1);
  samples.add(3);
  samples.add(2);
  t.is(samples.percentile(0.5), 2);
  t.is(samples.percentile(1), 3);
});

test('there is no percentile of no sample', (t) => {
  t.is(createSamples().percentile(0.5), Number.NaN);
});
