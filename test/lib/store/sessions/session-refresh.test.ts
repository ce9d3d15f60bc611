import { randomUUID } from 'node:crypto';
import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { createSessions } from '../../../../lib/store/sessions/sessions.ts';
import { DAY, HOUR } from '../../../../lib/time.ts';
import { failingClient, tooSlow, writeFaults } from '../../../helpers/failpoint.ts';
import { AFTER, AGENT, input, setUp, WITHIN } from './refresh-fixture.ts';

const ODD_AGENTS = ['$counter', '$$NOW', '$$ROOT', '$', '', 'a.b', '{"$gt":""}', 'x\0y', 'Ünï😀'];

test('A session that was never refreshed rotates at once, also one from before there were refresh tokens', async (t) => {
  const { store, sessions, open } = await setUp(t);
  for (const without of [{ rotated_at: '' }, { rotated_at: '', counter: '' }] as const) {
    const id = await open({ counter: 0 });
    await sessions.updateOne({ _id: id }, { $unset: { ...without, rotated_by: '' } });
    const refreshed = await store.refresh(input(id, { counter: 0 }));
    t.like(refreshed, { outcome: 'rotated', counter: 1 });
  }
});

test('A rotation moves the expiry by the idle time, and never past the end', async (t) => {
  const { store, open, read } = await setUp(t);
  const far = await open();
  const { at = new Date(Number.NaN) } = (await store.refresh(input(far))) ?? {};
  t.is((await read(far)).expires_at.getTime(), at.getTime() + 7 * DAY);

  const near = await open({ expired: -HOUR, ended: -DAY });
  await store.refresh(input(near));
  const { expires_at, ends_at } = await read(near);
  t.deepEqual(expires_at, ends_at);
});

test('A retry is counted each time, and extends nothing however often it comes', async (t) => {
  const { store, open, read } = await setUp(t);
  const id = await open({ rotated: WITHIN });
  const before = await read(id);
  for (const time of [1, 2, 3]) {
    const refreshed = await store.refresh(input(id, { counter: 4 }));
    t.like(refreshed, { outcome: 'retried', counter: 5 });
    const { expires_at, rotated_at, last_used_at } = before;
    t.like(await read(id), { graces: time, expires_at, rotated_at, last_used_at });
  }
});

for (const userAgent of [undefined, AGENT]) {
  test(`A client ${userAgent ? 'with a' : 'without'} user agent may repeat and retry as often as it likes within the grace`, async (t) => {
    const { store, open } = await setUp(t);
    const id = await open();
    const refresh = (counter: number) => store.refresh(input(id, { counter, userAgent }));
    const outcomes = [];
    for (const counter of [5, 5, 6, 5, 6, 5]) outcomes.push((await refresh(counter))?.outcome);
    t.deepEqual(outcomes, ['rotated', 'retried', 'repeated', 'retried', 'repeated', 'retried']);
  });
}

test('A token that comes back after the grace begins a grace of its own, for those who come with it', async (t) => {
  const { store, sessions, open, read } = await setUp(t);
  const id = await open({ rotated: HOUR });
  const { expires_at, last_used_at } = await read(id);
  const outcomes = [];
  for (const counter of [4, 4, 5, 4]) {
    outcomes.push((await store.refresh(input(id, { counter })))?.outcome);
  }
  t.deepEqual(outcomes, ['recovered', 'retried', 'repeated', 'retried']);
  t.like(await read(id), { graces: 3, counter: 5, expires_at, last_used_at });
  await sessions.updateOne({ _id: id }, { $set: { rotated_at: new Date(Date.now() - AFTER) } });
  t.is((await store.refresh(input(id, { counter: 4 })))?.outcome, 'reused', '5 was presented');
});

test('A phone that loses answer after answer gets the same successor each time', async (t) => {
  const { store, sessions, open, read } = await setUp(t);
  const id = await open({ rotated: HOUR });
  for (const time of [1, 2, 3]) {
    t.like(await store.refresh(input(id, { counter: 4 })), { outcome: 'recovered', counter: 5 });
    t.is((await read(id)).graces, time);
    await sessions.updateOne({ _id: id }, { $set: { rotated_at: new Date(Date.now() - AFTER) } });
  }
  t.like(await store.refresh(input(id, { counter: 5 })), { outcome: 'rotated', counter: 6 });
});

test('A newest token that was presented counts as seen, also where it did not rotate', async (t) => {
  const { store, sessions, open } = await setUp(t);
  const id = await open({ rotated: WITHIN });
  t.is((await store.refresh(input(id)))?.outcome, 'repeated');
  await sessions.updateOne({ _id: id }, { $set: { rotated_at: new Date(Date.now() - AFTER) } });
  t.is((await store.refresh(input(id, { counter: 4 })))?.outcome, 'reused');
});

test('A theft is reported again and again, for every token, with the time of the first', async (t) => {
  const { store, open, read } = await setUp(t);
  const id = await open({ reused: HOUR });
  const { reused_at } = await read(id);
  for (const [index, counter] of [5, 4, 6, 0, 5].entries()) {
    t.is((await store.refresh(input(id, { counter })))?.outcome, 'reused');
    t.like(await read(id), { reused_at, refreshes: index + 1, counter: 5 });
  }
});

test('A user agent is text, and nothing else', async (t) => {
  const { store, open, read } = await setUp(t);
  for (const userAgent of ODD_AGENTS) {
    const id = await open();
    t.is((await store.refresh(input(id, { userAgent })))?.outcome, 'rotated', userAgent);
    t.is((await read(id)).rotated_by, userAgent);
    t.is((await store.refresh(input(id, { userAgent })))?.outcome, 'retried', userAgent);
    t.is((await store.refresh(input(id)))?.rotatedBy, userAgent);
  }
});

test('Of a session that is gone there is nothing to decide, and none is made', async (t) => {
  const { store, sessions } = await setUp(t);
  t.is(await store.refresh(input(randomUUID())), undefined);
  t.is(await sessions.countDocuments(), 0);
});

test('A refresh changes no other session', async (t) => {
  const { store, open, read } = await setUp(t);
  const other = await open();
  const before = await read(other);
  await store.refresh(input(await open()));
  t.deepEqual(await read(other), before);
});

test('Of many refreshes at the same time exactly one rotates, and all get the same counter', async (t) => {
  const { store, open, read } = await setUp(t);
  const id = await open();
  const all = await Promise.all(Array.from({ length: 50 }, () => store.refresh(input(id))));
  const outcomes = all.map((refreshed) => refreshed?.outcome);
  t.is(outcomes.filter((outcome) => outcome === 'rotated').length, 1);
  t.is(outcomes.filter((outcome) => outcome === 'retried').length, 49);
  t.deepEqual(new Set(all.map((refreshed) => refreshed?.counter)), new Set([6]));
  t.like(await read(id), { counter: 6, graces: 49, refreshes: 50 });
});

const WRITE_COMMANDS = ['findAndModify'];

// Serial, because a mongod has one failCommand for all.
for (const [what, fault] of Object.entries(writeFaults(WRITE_COMMANDS))) {
  test.serial(`A refresh rejects after ${what}, and tried again it has an answer`, async (t) => {
    const { uri, open } = await setUp(t);
    const { under, collections } = failingClient(t, uri);
    const store = createSessions(collections);
    const id = await open();
    await under(fault, async () => {
      const error = await t.throwsAsync(store.refresh(input(id)), { instanceOf: StoreUnavailable });
      t.truthy(error?.cause);
    });
    // Whether or not the first one happened, the client gets the successor.
    const again = await store.refresh(input(id));
    t.true(['rotated', 'retried'].includes(again?.outcome ?? ''));
    t.is(again?.counter, 6);
  });
}

test.serial(
  'A refresh that was not acknowledged may have happened: the retry is a write of its own',
  async (t) => {
    const { uri, open, read } = await setUp(t);
    const { under, collections } = failingClient(t, uri);
    const store = createSessions(collections);
    const id = await open();
    await under(tooSlow(WRITE_COMMANDS), () =>
      t.throwsAsync(store.refresh(input(id)), { instanceOf: StoreUnavailable }),
    );
    t.like(await read(id), { counter: 6, refreshes: 1 });
    t.like(await store.refresh(input(id)), { outcome: 'retried', counter: 6 });
    t.is((await read(id)).refreshes, 2);
  },
);
