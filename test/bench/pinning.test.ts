import test from 'ava';
import { parseProcessors, pinned } from '../../scripts/bench/processes.ts';

test('a list of processors is read as the system writes it', (t) => {
  t.deepEqual(parseProcessors('0'), [0]);
  t.deepEqual(parseProcessors('0,1'), [0, 1]);
  t.deepEqual(parseProcessors('0-2,5,8-9'), [0, 1, 2, 5, 8, 9]);
});

test('a command is left as it is where nothing can be pinned', (t) => {
  const lists = { server: '0', others: '1-3', all: '0-3' };
  const command = ['node', 'x.js'];
  t.deepEqual(pinned({ lists: undefined, description: '' }, 'server', command), command);
  t.deepEqual(pinned({ lists, description: '' }, 'others', command), [
    'taskset',
    '-c',
    '1-3',
    ...command,
  ]);
});
