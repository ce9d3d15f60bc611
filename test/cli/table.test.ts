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

test('the line about a revocation counts the servers that follow, and names those that are silent', (t) => {
  const line = (followers: number, ...hosts: string[]) => {
    const silent = hosts.map((host) => ({ id: host, host, version: '1.2.3' }));
    return describeSettled({ followers, reached: followers - silent.length, silent, duration: 1 });
  };
  t.is(line(0), undefined);
  t.is(line(1), 'The one server that follows has it.');
  t.is(line(3), 'All 3 servers that follow have it.');
  const advice = 'To see who still follows: npm run followers';
  t.is(
    line(1, 'a'),
    `The one server that follows did not confirm it; its lease has ended: a (1.2.3). ${advice}`,
  );
  t.is(
    line(3, 'a\u001b[31m'),
    `2 of 3 servers that follow have it; the lease of the other has ended: a?[31m (1.2.3). ${advice}`,
  );
  t.is(
    line(3, 'a', 'b'),
    `1 of 3 servers that follow have it; the leases of the others have ended: a (1.2.3), b (1.2.3). ${advice}`,
  );
});
