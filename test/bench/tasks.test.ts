import { PassThrough } from 'node:stream';
import test from 'ava';
import { formatTimeLeft, performTasks } from '../../scripts/bench/tasks.ts';

test('the time left is the estimate at first, then corrected by the pace so far', (t) => {
  t.is(formatTimeLeft(0, 45, 0), '45 s');
  t.is(formatTimeLeft(0, 600, 0), '10 min');
  t.is(formatTimeLeft(60, 660, 120), '20 min');
  t.is(formatTimeLeft(590, 600, 590), '10 s');
});

test('steps are performed in order, each shown before it is', async (t) => {
  const stream = new PassThrough().setEncoding('utf8');
  const done: string[] = [];
  const step = (title: string) => ({
    id: title,
    title,
    seconds: 1,
    perform: async () => {
      done.push(title);
      return {};
    },
  });
  await performTasks([step('a'), step('b')], stream, new AbortController().signal);
  t.deepEqual(done, ['a', 'b']);
  t.regex(String(stream.read()), /^\[1\/2\] 2 s left · a\n\[2\/2\] \d+ s left · b\n$/);
});

test('no step is begun after an interruption', async (t) => {
  const stop = new AbortController();
  const perform = async () => {
    stop.abort();
    return {};
  };
  const steps = ['a', 'b'].map((title) => ({ id: title, title, seconds: 1, perform }));
  const performed = performTasks(steps, new PassThrough(), stop.signal);
  await t.throwsAsync(performed, { message: /interrupted/ });
});
