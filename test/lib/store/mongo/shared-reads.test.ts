import { setImmediate as endOfTurn } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import {
  createSharedReads,
  type SharedReadsOptions,
} from '../../../../lib/store/mongo/shared-reads.ts';
import { SECOND } from '../../../../lib/time.ts';
import { loopTime } from '../../../helpers/loop-clock.ts';

/** Shared reads whose every read returns or fails when the test requires it. */
function open(options?: SharedReadsOptions) {
  const reads: Array<{ returns(found: string): void; fails(error: Error): void }> = [];
  const keysRead: string[] = [];
  let begins = () => {};
  const ask = createSharedReads<string>((keys) => {
    keysRead.push(keys.join());
    begins();
    return new Promise((returns, fails) => reads.push({ returns, fails }));
  }, options);
  const nextRead = () => new Promise<void>((resolve) => (begins = resolve));
  return { ask, reads, keysRead, nextRead };
}

test('a single call starts its read at the end of the turn, and not before', async (t) => {
  const { ask, reads, keysRead } = open();
  const answer = ask(['a', 'b']);
  t.deepEqual(keysRead, []);
  await endOfTurn();
  t.deepEqual(keysRead, ['a,b']);
  reads[0]?.returns('found');
  t.is(await answer, 'found');
});

test('calls in one turn share one read, and a call in the next turn has another', async (t) => {
  const { ask, reads, keysRead } = open();
  const together = [
    ask(['a']),
    Promise.resolve().then(() => ask(['b'])),
    new Promise<void>(process.nextTick).then(() => ask(['c'])),
  ];
  await endOfTurn();
  const next = ask(['a']);
  await endOfTurn();
  t.deepEqual(keysRead, ['a,b,c', 'a']);
  reads[0]?.returns('first');
  t.deepEqual(await Promise.all(together), ['first', 'first', 'first']);
  reads[1]?.returns('second');
  t.is(await next, 'second');
});

test('calls during two reads under way wait, and share one read when one of the two returns', async (t) => {
  const { ask, reads, keysRead } = open();
  const first = ask(['a']);
  await endOfTurn();
  const second = ask(['b']);
  await endOfTurn();
  const waiting = [ask(['c'])];
  await endOfTurn();
  waiting.push(ask(['d']));
  await endOfTurn();
  t.deepEqual(keysRead, ['a', 'b']);
  reads[1]?.returns('second');
  t.is(await second, 'second');
  waiting.push(ask(['e']));
  t.deepEqual(keysRead, ['a', 'b']);
  await endOfTurn();
  t.deepEqual(keysRead, ['a', 'b', 'c,d,e']);
  reads[2]?.returns('third');
  t.deepEqual(await Promise.all(waiting), ['third', 'third', 'third']);
  reads[0]?.returns('first');
  t.is(await first, 'first');
});

test('what is too much for one read is read in the next turn, and waits for no return', async (t) => {
  const { ask, keysRead } = open({ mostKeys: 1 });
  for (const key of ['a', 'b', 'c']) void ask([key]);
  await endOfTurn();
  t.deepEqual(keysRead, ['a']);
  await endOfTurn();
  t.deepEqual(keysRead, ['a', 'b']);
  await endOfTurn();
  t.deepEqual(keysRead, ['a', 'b']);
});

test('a key in two calls is read once, and a call without keys is read as well', async (t) => {
  const { ask, reads, keysRead } = open({ atOnce: 1 });
  const none = ask([]);
  await endOfTurn();
  const waiting = [ask(['a', 'a']), ask(['a', 'b']), ask([]), ask(['b', 'a', 'b'])];
  reads[0]?.returns('first');
  t.is(await none, 'first');
  await endOfTurn();
  t.deepEqual(keysRead, ['', 'a,b']);
  reads[1]?.returns('second');
  t.deepEqual(await Promise.all(waiting), ['second', 'second', 'second', 'second']);
});

test('more than mostKeys are split in order of arrival, and no call is split or overtaken', async (t) => {
  const { ask, reads, keysRead } = open({ atOnce: 1, mostKeys: 3 });
  const asks = ['ab', 'cd', 'e', 'fghij', 'k', 'lm', 'n'].map((keys) => ask([...keys]));
  for (let read = 0; read < 5; read++) {
    await endOfTurn();
    t.is(keysRead.length, read + 1);
    reads[read]?.returns(`read ${read}`);
    await Promise.resolve();
  }
  t.deepEqual(keysRead, ['a,b', 'c,d,e', 'f,g,h,i,j', 'k,l,m', 'n']);
  const answers = await Promise.all(asks);
  t.deepEqual(
    answers,
    [0, 1, 1, 2, 3, 3, 4].map((read) => `read ${read}`),
  );
});

test('a read that fails rejects each call of its batch with its error, and no other', async (t) => {
  const { ask, reads } = open({ atOnce: 1 });
  const first = ask(['a']);
  await endOfTurn();
  const failing = [ask(['b']), ask(['c'])];
  reads[0]?.returns('first');
  t.is(await first, 'first');
  await endOfTurn();
  const later = ask(['b']);
  const error = new Error('no database');
  reads[1]?.fails(error);
  const failures = await Promise.allSettled(failing);
  t.deepEqual(
    failures.map((failure) => failure.status === 'rejected' && failure.reason === error),
    [true, true],
  );
  await endOfTurn();
  reads[2]?.returns('third');
  t.is(await later, 'third');
});

test('a read that throws before it is under way fails like any other', async (t) => {
  const read = (keys: readonly string[]) => {
    if (keys.includes('bad')) throw new Error('no database');
    return Promise.resolve('found');
  };
  const ask = createSharedReads(read, { atOnce: 1, mostKeys: 2 });
  const [a, bad, b, c] = ['a', 'bad', 'b', 'c'].map((key) => ask([key]));
  const outcomes = await Promise.allSettled([a, bad, b, c]);
  t.like(outcomes, [
    { reason: { message: 'no database' } },
    { reason: { message: 'no database' } },
    { value: 'found' },
    { value: 'found' },
  ]);
  await t.throwsAsync(ask(['bad']), { message: 'no database' });
  t.is(await ask(['a']), 'found');
});

test('a read that hangs for longer than stuckAfter keeps nobody waiting, and still answers when it returns', async (t) => {
  const { ask, reads, keysRead, nextRead } = open({ atOnce: 1, stuckAfter: 20 });
  const hanging = ask(['a']);
  await endOfTurn();
  const waiting = ask(['b']);
  t.deepEqual(keysRead, ['a']);
  await nextRead();
  t.deepEqual(keysRead, ['a', 'b']);
  reads[1]?.returns('second');
  t.is(await waiting, 'second');
  reads[0]?.returns('late');
  t.is(await hanging, 'late');
});

test('a read that hung makes room once, and not again when it returns or fails', async (t) => {
  // No turn is waited for, so that no timer can fire between the call for e and the last line.
  const endOfTurn = (action: () => void) => action();
  const options = { atOnce: 2, mostKeys: 1, stuckAfter: 50, endOfTurn };
  const { ask, reads, keysRead, nextRead } = open(options);
  const [late, failed] = ['a', 'b', 'c', 'd'].map((key) => ask([key]));
  await nextRead();
  await nextRead();
  reads[0]?.returns('late');
  reads[1]?.fails(new Error('late'));
  const [returned, rejected] = await Promise.allSettled([late, failed]);
  t.like(returned, { value: 'late' });
  t.like(rejected, { reason: { message: 'late' } });
  void ask(['e']);
  t.deepEqual(keysRead, ['a', 'b', 'c', 'd']);
});

test('calls in one turn share as few reads as their keys allow', async (t) => {
  const small = fc.integer({ min: 1, max: 5 });
  const sizes = fc.record({ atOnce: small, mostKeys: small, keysEach: small, asks: fc.nat(30) });
  const property = fc.asyncProperty(sizes, fc.scheduler(), async (given, scheduler) => {
    const { atOnce, mostKeys, keysEach, asks } = given;
    let reads = 0;
    const ask = createSharedReads(() => scheduler.schedule(Promise.resolve(++reads)), {
      atOnce,
      mostKeys,
      stuckAfter: 1_000_000, // longer than any schedule takes
      endOfTurn: (action) => void scheduler.schedule(Promise.resolve(), 'a turn ends').then(action),
    });
    for (let asked = 0; asked < asks; asked++) {
      void ask(Array.from({ length: keysEach }, (_, n) => `${asked}-${n}`));
    }
    await scheduler.waitIdle();
    const asksInOneRead = Math.max(1, Math.floor(mostKeys / keysEach));
    return reads === Math.ceil(asks / asksInOneRead);
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 1_000 }));
});

test('without options two reads are under way, of a thousand keys, and one is stuck after a second', async (t) => {
  const { ask, keysRead, nextRead } = open();
  const started = performance.now();
  const startedWork = loopTime();
  const key = (_: unknown, number: number) => `${number}`;
  void ask(['a']);
  await endOfTurn();
  void ask(['b']);
  await endOfTurn();
  void ask(Array.from({ length: 999 }, key));
  void ask(['the thousandth']);
  void ask(['one too many']);
  await endOfTurn();
  t.is(keysRead.length, 2);
  await nextRead();
  t.true(performance.now() - started > 0.99 * SECOND);
  t.true(loopTime() - startedWork < 10 * SECOND);
  t.is(keysRead[2]?.split(',').length, 1_000);
});
