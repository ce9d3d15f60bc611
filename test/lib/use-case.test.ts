import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import { withDeadline } from '../../lib/use-case.ts';
import { loopTime } from '../helpers/loop-clock.ts';

const caller = { ip: '192.0.2.1' };
const never = () => new Promise<never>(() => undefined);

test('a use case that answers in time is left alone', async (t) => {
  const bounded = withDeadline(async (input: number) => input * 2, 1_000);
  t.is(await bounded(21, caller), 42);
});

test('a use case that does not answer in time is store_unavailable', async (t) => {
  const bounded = withDeadline(never, 20);
  await t.throwsAsync(bounded({}, caller), {
    instanceOf: StoreUnavailable,
    code: 'store_unavailable',
  });
});

test("the caller's own deadline goes before the general timeout", async (t) => {
  const started = loopTime();
  const bounded = withDeadline(never, 60_000);
  await t.throwsAsync(bounded({}, { ...caller, deadline: performance.now() + 20 }), {
    instanceOf: StoreUnavailable,
  });
  t.true(loopTime() - started < 10_000);
});

test('a failure that comes after the deadline harms no one', async (t) => {
  const late = async () => {
    await delay(30);
    throw new Error('too late to matter');
  };
  await t.throwsAsync(withDeadline(late, 5)({}, caller), { instanceOf: StoreUnavailable });
  await delay(60);
  t.pass();
});

test('a use case whose deadline has passed is not begun', async (t) => {
  let begun = false;
  const bounded = withDeadline(async () => {
    begun = true;
  }, 1_000);
  const late = { ...caller, deadline: performance.now() - 1 };
  await t.throwsAsync(bounded({}, late), { instanceOf: StoreUnavailable });
  t.false(begun);
});
