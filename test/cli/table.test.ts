import test from 'ava';
import { describeSettled } from '../../scripts/cli/describe-settled.ts';
import { formatTable } from '../../scripts/cli/table.ts';

const HEADER = ['HOST', 'LAG'];

test('in a terminal columns are aligned under a header', (t) => {
  const rows = [
    ['a', '12'],
    ['a-long-one', ''],
  ];
  t.deepEqual(formatTable(HEADER, rows, true), ['HOST        LAG', 'a           12', 'a-long-one']);
  t.deepEqual(formatTable(HEADER, [], true), []);
});

test('elsewhere they are separated by tabs, without a header', (t) => {
  t.deepEqual(formatTable(HEADER, [['a', '12']], false), ['a\t12']);
});

test('what a terminal could take for a command is replaced', (t) => {
  for (const isTerminal of [true, false]) {
    const [line] = formatTable(HEADER, [['a\u001b[31m\t\n\u009b', '']], isTerminal).slice(-1);
    t.regex(line ?? '', /^a\?\[31m\?\?\?/);
  }
});

test('the line about a revocation counts the servers that follow', (t) => {
  const line = (followers: number, reached: number) =>
    describeSettled({ followers, reached, duration: 1 });
  t.is(line(0, 0), undefined);
  t.is(line(1, 1), 'The one server that follows has it.');
  t.is(line(3, 3), 'All 3 servers that follow have it.');
  t.is(line(1, 0), 'The one server that follows did not confirm it; its lease has ended.');
  t.regex(
    line(3, 2) ?? '',
    /^2 of 3 servers that follow have it; the lease of the other has ended/,
  );
  t.regex(line(3, 1) ?? '', /^1 of 3 .*; the leases of the others have ended/);
});
