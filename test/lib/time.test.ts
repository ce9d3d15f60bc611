import test from 'ava';
import { dateFromSeconds, parseDuration, toSeconds } from '../../lib/time.ts';

test('a duration is an integer and a unit', (t) => {
  t.deepEqual(
    ['250ms', '5s', '15m', '24h', '400d', '0s'].map(parseDuration),
    [250, 5_000, 900_000, 86_400_000, 34_560_000_000, 0],
  );
});

test('anything else is no duration', (t) => {
  for (const text of [
    '',
    '5',
    's',
    '1.5h',
    '-1s',
    ' 5s',
    '5 s',
    '5S',
    '1w',
    '1e3s',
    `${'9'.repeat(13)}s`,
  ]) {
    t.is(parseDuration(text), undefined, text);
  }
});

test('seconds are whole and round down', (t) => {
  t.is(toSeconds(1_999), 1);
  t.is(dateFromSeconds(1_790_000_000).getTime(), 1_790_000_000_000);
});
