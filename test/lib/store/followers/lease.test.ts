import test from 'ava';
import { createLease } from '../../../../lib/store/followers/lease.ts';

/** Creates a lease, and two clocks that the test sets. */
function leaseAt(start: { wall: number; mono: number }) {
  const now = { ...start };
  const { left, ...lease } = createLease();
  return { now, lease: { ...lease, left: () => left(now.wall, now.mono) } };
}

const START = { wall: 1_000_000, mono: 500 };

test('a lease that was never extended does not hold', (t) => {
  const { lease } = leaseAt(START);
  t.true(lease.left() <= 0);
});

test('a lease holds from the moment before its renewal was sent', (t) => {
  const { now, lease } = leaseAt(START);
  now.mono += 300;
  now.wall += 300;
  lease.extend({ ...START }, 1_000);
  t.is(lease.left(), 700);
  now.mono += 700;
  now.wall += 700;
  t.is(lease.left(), 0);
});

test('a lease ends by the clock that is further: a slept machine, a clock that was set', (t) => {
  const { now, lease } = leaseAt(START);
  lease.extend({ ...START }, 1_000);
  now.wall += 5_000; // the monotonic clock stood still
  t.true(lease.left() <= 0);
  now.wall = START.wall - 3_600_000;
  now.mono += 1_000;
  t.true(lease.left() <= 0);
});

test('a clock that was set back does not make later leases longer', (t) => {
  const { now, lease } = leaseAt(START);
  lease.extend({ ...START }, 1_000);
  now.wall -= 3_600_000;
  now.mono += 500;
  lease.extend({ ...now }, 1_000);
  t.is(lease.left(), 1_000);
  now.wall += 1_000; // asleep
  t.is(lease.left(), 0);
});

test('an older renewal does not move a lease back', (t) => {
  const { now, lease } = leaseAt(START);
  now.mono += 100;
  now.wall += 100;
  lease.extend({ ...now }, 1_000);
  lease.extend({ ...START }, 1_000);
  t.is(lease.left(), 1_000);
});

test('a lease that was ended holds again only by a later renewal', (t) => {
  const { now, lease } = leaseAt(START);
  lease.extend({ ...START }, 1_000);
  lease.end();
  t.true(lease.left() <= 0);
  lease.extend({ ...START }, 1_000);
  t.true(lease.left() <= 0);
  now.mono += 1;
  lease.extend({ ...now }, 1_000);
  t.is(lease.left(), 1_000);
});
