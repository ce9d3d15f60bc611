import test from 'ava';
import { createArrival } from '../../../../lib/store/followers/arrival.ts';

const LEASE = 1_000;

/** Creates a watch with a clock that the test sets, and tells what is overdue at a time. */
function watchAt() {
  let time = 0;
  const arrival = createArrival(() => time);
  const at = (next: number) => {
    time = next;
    return arrival;
  };
  return { at, isOverdueAt: (next: number) => at(next).isOverdue(LEASE) };
}

const began = (mono: number) => ({ wall: 0, mono });

test('a renewal that has not arrived a lease after its acknowledgement is overdue, once', (t) => {
  const { at, isOverdueAt } = watchAt();
  t.false(isOverdueAt(0));
  at(20).acknowledged(began(10));
  t.false(isOverdueAt(1_020));
  t.true(isOverdueAt(1_021));
  t.false(isOverdueAt(1_022));
});

test('a renewal that arrives before its acknowledgement, or after it, is not overdue', (t) => {
  const { at, isOverdueAt } = watchAt();
  at(20).arrived(began(10));
  at(30).acknowledged(began(10));
  t.false(isOverdueAt(9_000));
  at(9_020).acknowledged(began(9_010));
  at(9_030).arrived(began(9_010));
  t.false(isOverdueAt(20_000));
});

test('a renewal is not overdue while other events arrive', (t) => {
  const { at, isOverdueAt } = watchAt();
  at(20).acknowledged(began(10));
  at(900).progressed();
  t.false(isOverdueAt(1_900));
  t.true(isOverdueAt(1_901));
});

test('the patience with a feed that brings nothing doubles, up to 8 leases, until an event arrives', (t) => {
  const { at, isOverdueAt } = watchAt();
  at(0).acknowledged(began(0));
  let time = 0;
  for (const leases of [1, 2, 4, 8, 8]) {
    time += leases * LEASE;
    t.false(isOverdueAt(time));
    time += 1;
    t.true(isOverdueAt(time));
  }
  at(time).progressed();
  t.true(isOverdueAt(time + LEASE + 1));
});
