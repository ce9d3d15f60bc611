import test from 'ava';
import { compare, median, spread, summarize } from '../../scripts/bench/report/statistics.ts';
import type { Measured } from '../../scripts/bench/results.ts';

/** Measurements of rounds with so many requests in a second. */
const values = (...list: number[]) =>
  list.map((completed, round) => ({ round, completed, elapsed: 1_000 }) as Measured);

test('the median is the middle value, or the mean of the two in the middle', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
  t.is(median([]), Number.NaN);
});

test('the median leaves the order of its values alone', (t) => {
  const list = [3, 1, 2];
  median(list);
  t.deepEqual(list, [3, 1, 2]);
});

test('the spread of five rounds is that of the middle three', (t) => {
  t.is(spread([1, 100, 110, 120, 1000]), 120 / 100 - 1);
});

test('the spread of fewer rounds is that of them all', (t) => {
  t.is(spread([100, 150, 120]), 0.5);
  t.is(spread([100]), 0);
});

test('a figure is unsteady above a spread of 25 %, and not at it', (t) => {
  t.deepEqual(summarize([100, 110, 125]), { median: 110, isUnsteady: false });
  t.deepEqual(summarize([100, 110, 126]), { median: 110, isUnsteady: true });
  t.deepEqual(summarize([1, 100, 110, 125, 1000]), { median: 110, isUnsteady: false });
});

test('there is no figure of no round', (t) => {
  t.is(summarize([]), undefined);
  t.is(compare([], values(1)), undefined);
});

test('a ratio is taken within each round: a machine that is slower in one round changes nothing', (t) => {
  const figure = compare(values(200, 20, 400), values(100, 10, 200));
  t.deepEqual(figure, { median: 2, isUnsteady: false });
});

test('a round that only one side has is left out', (t) => {
  t.is(compare(values(2, 4), [{ ...(values(1)[0] as Measured), round: 1 }])?.median, 4);
});
