import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { Timestamp } from 'mongodb';
import { StoreNotReady } from '../../../../lib/errors.ts';
import { createSettle } from '../../../../lib/store/followers/settle.ts';
import type { FollowerDocument } from '../../../../lib/store/mongo/collections.ts';
import { createGate } from './open-follower.ts';

function at(t: number): Timestamp {
  return new Timestamp({ t, i: 1 });
}

function document(_id: string, lease: number, position = at(1)): FollowerDocument {
  const began = { wall: 0, mono: 0 };
  const renewed_at = new Date();
  return { _id, lease, position, began, renewals: 1, host: 'h', version: 'v', renewed_at };
}

type List = (after: Timestamp | undefined) => Promise<FollowerDocument[]>;

/** Creates the wait on a read that the test gives, with no follower of its own. */
function settleOn(
  list: List,
  ownPosition: (id: string) => Timestamp | undefined = () => undefined,
) {
  const stale = { observe: () => {} };
  return createSettle({ documents: { list }, stale, ownPosition, mayBeFollowed: async () => true });
}

function write(t: number) {
  return { time: at(t), at: performance.now() };
}

const UNAVAILABLE = { code: 'store_unavailable' };

test('a wait ends by its timeout even if the read never returns', async (t) => {
  const { settle } = settleOn(() => new Promise(() => {}));
  await t.throwsAsync(settle(write(2), 50), UNAVAILABLE);
});

test('a wait that fails has the fault of the last read as its cause', async (t) => {
  const fault = new Error('no primary');
  const { settle } = settleOn(() => Promise.reject(fault));
  await t.throwsAsync(settle(write(2), 50), { ...UNAVAILABLE, instanceOf: Error });
  const error = await settle(write(2), 50).catch((thrown: unknown) => thrown);
  t.is((error as Error).cause, fault);
});

test('the leases of one read end although every later read fails', async (t) => {
  let reads = 0;
  const { settle } = settleOn(async () => {
    if (++reads > 1) throw new Error('no primary');
    return [document('stuck', 100)];
  });
  const settled = await settle(write(2), 60_000);
  t.like(settled, { followers: 1, reached: 0 });
  t.true(settled.duration >= 110);
});

test('a write is judged by a read that began after it', async (t) => {
  const gate = createGate();
  const afters: (Timestamp | undefined)[] = [];
  const { settle } = settleOn(async (after) => {
    afters.push(after);
    if (afters.length > 1) return [document('new', 100_000, at(5))];
    await gate.opened;
    return [];
  });
  const first = settle(write(2), 60_000);
  const second = settle(write(3), 60_000); // during the read for the first one
  gate.open();
  t.is((await first).followers, 0);
  t.is((await second).followers, 1);
  t.deepEqual(afters, [at(2), at(3)]);
});

test('waits at the same time share their reads, which see the newest write', async (t) => {
  const gate = createGate();
  let reads = 0;
  const { settle } = settleOn(async () => {
    if (++reads === 1) await gate.opened;
    return [document('a', 100_000, at(200))];
  });
  const waits = Array.from({ length: 100 }, (_, n) => settle(write(n + 2), 60_000));
  gate.open();
  await Promise.all(waits);
  t.is(reads, 2);
});

test('the own position counts at once, and without another read', async (t) => {
  let own = at(1);
  let reads = 0;
  const { settle, ownPositionMoved } = settleOn(
    async () => {
      reads++;
      own = at(2); // applied while the read was under way
      return [document('own', 100_000)];
    },
    () => own,
  );
  t.like(await settle(write(2), 60_000), { followers: 1, reached: 1 });
  const read = createGate();
  const gated = settleOn(
    async () => {
      read.open();
      return [document('own', 100_000)];
    },
    () => own,
  );
  const settled = gated.settle(write(3), 60_000);
  await read.opened;
  own = at(3);
  gated.ownPositionMoved();
  t.like(await settled, { reached: 1 });
  ownPositionMoved();
  t.is(reads, 1);
});

test('the longest lease that any read has shown counts', async (t) => {
  let reads = 0;
  const { settle } = settleOn(async () =>
    ++reads === 1 ? [document('a', 300), document('b', 100)] : [document('b', 100)],
  );
  t.true((await settle(write(2), 60_000)).duration >= 330);
});

test('stopping ends each wait, and refuses further ones without a read', async (t) => {
  let reads = 0;
  const { settle, stop } = settleOn(() => {
    reads++;
    return new Promise(() => {});
  });
  const waiting = settle(write(2), 60_000);
  stop();
  await t.throwsAsync(waiting, UNAVAILABLE);
  await t.throwsAsync(settle(write(3), 60_000), UNAVAILABLE);
  t.is(reads, 1);
});

test('a standalone has nobody to wait for', async (t) => {
  const { settle } = settleOn(() => Promise.reject(new Error('not read')));
  const settled = await settle({ time: undefined, at: performance.now() }, 0);
  t.is(settled.followers, 0);
});

test('a wait that was stopped while followers could not be read is over once', async (t) => {
  const gate = createGate();
  const { settle, stop } = settleOn(async () => {
    await gate.opened;
    throw new StoreNotReady('grant_access', 'not allowed');
  });
  const waiting = settle(write(2), 60_000);
  stop();
  gate.open();
  await t.throwsAsync(waiting, { ...UNAVAILABLE, message: /not known to have reached/ });
  await nextTurn(); // a second end would be a rejection that nobody handles
  t.pass();
});
