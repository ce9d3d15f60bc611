import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { StoreUnavailable } from '../../lib/errors.ts';
import type { RefreshOutcome, SessionDocument } from '../../lib/store/collections.ts';
import type { RefreshInput } from '../../lib/store/session-refresh.ts';
import { createSessions } from '../../lib/store/sessions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/time.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { failingClient } from './failpoint.ts';
import { tooSlow, writeFaults } from './write-faults.ts';

/** A session, told by how long ago its dates are, in milliseconds; negative ones are ahead. */
interface Told {
  readonly counter?: number;
  readonly rotated?: number;
  readonly rotatedBy?: string | null;
  readonly expired?: number;
  readonly ended?: number;
  readonly reused?: number;
  /** The highest counter that was seen. Default the one before the newest, which a rotation leaves. */
  readonly seen?: number;
  /** Whether a server that keeps no `seen_counter` had the last word, or the last rotation, or neither. */
  readonly olderServer?: 'repeated' | 'rotated';
}

type Presented = Partial<Omit<RefreshInput, 'sessionId'>>;

const AGENT = 'Firefox';

async function setUp(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const { sessions } = collections;
  const store = createSessions(collections);

  /** A session five refreshes old, which lives for a week more and ends in a month. */
  async function open(told: Told = {}): Promise<string> {
    const { counter = 5, rotated = HOUR, rotatedBy = AGENT, reused, seen = counter - 1 } = told;
    const id = randomUUID();
    const past = (milliseconds: number) => new Date(Date.now() - milliseconds);
    await store.insert({
      id,
      userId: randomUUID(),
      stamp: Date.now() - DAY,
      authTime: past(DAY),
      expiresAt: past(told.expired ?? -7 * DAY),
      endsAt: past(told.ended ?? -30 * DAY),
      ip: '192.0.2.1',
      userAgent: AGENT,
    });
    const reused_at = reused === undefined ? {} : { reused_at: past(reused) };
    const refreshes = told.olderServer === undefined ? 0 : 1;
    const tracked = told.olderServer !== 'rotated' && { tracked_refreshes: 0 };
    const rotation = { counter, rotated_at: past(rotated), rotated_by: rotatedBy };
    const fields = { ...rotation, refreshes, ...tracked, seen_counter: seen, ...reused_at };
    await sessions.updateOne({ _id: id }, { $set: fields });
    return id;
  }

  async function read(id: string): Promise<SessionDocument> {
    const found = await sessions.findOne({ _id: id });
    if (found === null) throw new Error('The session is gone');
    return found;
  }

  return { uri, sessions, store, open, read };
}

function input(sessionId: string, presented: Presented = {}): RefreshInput {
  const given = { counter: 5, userAgent: AGENT, grace: MINUTE, idleTtl: 7 * DAY };
  return { sessionId, ...given, ...presented };
}

const ODD_AGENTS = ['$counter', '$$NOW', '$$ROOT', '$', '', 'a.b', '{"$gt":""}', 'x\0y', 'Ünï😀'];

interface Row {
  readonly session?: Told;
  readonly token?: Presented;
  readonly outcome: RefreshOutcome;
  /** Of the newest refresh token afterwards. Default: as before. */
  readonly counter?: number;
}

const WITHIN = 30 * SECOND;
const AFTER = 90 * SECOND;

/** The decision of a refresh, row by row: the first case that holds, and those that come before it. */
const ROWS: Readonly<Record<string, Row>> = {
  'the newest token': { outcome: 'rotated', counter: 6 },
  'the newest token, from another user agent': {
    token: { userAgent: 'curl' },
    outcome: 'rotated',
    counter: 6,
  },
  'the newest token, rotated within the grace': {
    session: { rotated: WITHIN },
    outcome: 'repeated',
  },
  'the newest token, rotated within the grace, from another user agent': {
    session: { rotated: WITHIN },
    token: { userAgent: 'curl' },
    outcome: 'repeated',
  },
  'the newest token, just past the grace': {
    session: { rotated: AFTER },
    outcome: 'rotated',
    counter: 6,
  },
  'a counter ahead by one': { token: { counter: 6 }, outcome: 'rotated', counter: 7 },
  'a counter far ahead': {
    token: { counter: 999_999_998 },
    outcome: 'rotated',
    counter: 999_999_999,
  },
  'a counter ahead, within the grace': {
    session: { rotated: WITHIN },
    token: { counter: 6 },
    outcome: 'rotated',
    counter: 7,
  },
  'the token before, within the grace': {
    session: { rotated: WITHIN },
    token: { counter: 4 },
    outcome: 'retried',
  },
  'the token before, after the grace, while its successor was never seen': {
    session: { rotated: AFTER },
    token: { counter: 4 },
    outcome: 'recovered',
  },
  'the same, a week later': {
    session: { rotated: 6 * DAY },
    token: { counter: 4 },
    outcome: 'recovered',
  },
  'the same, from another user agent': {
    session: { rotated: AFTER },
    token: { counter: 4, userAgent: 'curl' },
    outcome: 'recovered',
  },
  'the same, while an access token of a rotation before was seen': {
    session: { rotated: AFTER, seen: 2 },
    token: { counter: 4, seenCounter: 4 },
    outcome: 'recovered',
  },
  'the token before, after the grace, once its successor or an access token of it was seen': {
    session: { rotated: AFTER, seen: 5 },
    token: { counter: 4 },
    outcome: 'reused',
  },
  'the same, where only this process knows, and has not written it yet': {
    session: { rotated: AFTER },
    token: { counter: 4, seenCounter: 5 },
    outcome: 'reused',
  },
  'the token before, after the grace, once something later was seen': {
    session: { rotated: AFTER, seen: 7 },
    token: { counter: 4 },
    outcome: 'reused',
  },
  'the token before, after the grace, of a rotation by an older server': {
    session: { rotated: AFTER, olderServer: 'rotated' },
    token: { counter: 4 },
    outcome: 'reused',
  },
  'the token before, after the grace, which an older server had given again': {
    session: { rotated: AFTER, olderServer: 'repeated' },
    token: { counter: 4 },
    outcome: 'reused',
  },
  'the token before, within the grace, of a rotation by an older server': {
    session: { rotated: WITHIN, olderServer: 'rotated' },
    token: { counter: 4 },
    outcome: 'retried',
  },
  'the newest token, after an older server rotated': {
    session: { rotated: AFTER, olderServer: 'rotated' },
    outcome: 'rotated',
    counter: 6,
  },
  'the token before, within the grace, once its successor was seen': {
    session: { rotated: WITHIN, seen: 5 },
    token: { counter: 4 },
    outcome: 'retried',
  },
  'the token before, rotated by a clock that was an hour ahead': {
    session: { rotated: -HOUR, seen: 5 },
    token: { counter: 4 },
    outcome: 'retried',
  },
  'a token two before, after the grace, while nothing later was seen': {
    session: { rotated: AFTER, seen: 3 },
    token: { counter: 3 },
    outcome: 'reused',
  },
  'the token before, within the grace, from another user agent': {
    session: { rotated: WITHIN },
    token: { counter: 4, userAgent: 'curl' },
    outcome: 'retried',
  },
  'the token before, within the grace, from a user agent in other letters': {
    session: { rotated: WITHIN },
    token: { counter: 4, userAgent: AGENT.toUpperCase() },
    outcome: 'retried',
  },
  'the token before, within the grace, from no user agent': {
    session: { rotated: WITHIN },
    token: { counter: 4, userAgent: undefined },
    outcome: 'retried',
  },
  'the token before, within the grace, where no user agent rotated': {
    session: { rotated: WITHIN, rotatedBy: null },
    token: { counter: 4 },
    outcome: 'retried',
  },
  'the token before, within the grace, from no user agent as the rotation': {
    session: { rotated: WITHIN, rotatedBy: null },
    token: { counter: 4, userAgent: undefined },
    outcome: 'retried',
  },
  'a token two before, within the grace': {
    session: { rotated: WITHIN },
    token: { counter: 3 },
    outcome: 'reused',
  },
  'the first token': { token: { counter: 0 }, outcome: 'reused' },
  'the newest token, with no grace': {
    session: { rotated: SECOND },
    token: { grace: 0 },
    outcome: 'rotated',
    counter: 6,
  },
  'the token before, with no grace, once its successor was seen': {
    session: { rotated: SECOND, seen: 5 },
    token: { counter: 4, grace: 0 },
    outcome: 'reused',
  },
  'the token before, with no grace': {
    session: { rotated: SECOND },
    token: { counter: 4, grace: 0 },
    outcome: 'recovered',
  },
  'the newest token of a session that was not refreshed in time': {
    session: { expired: SECOND },
    outcome: 'expired',
  },
  'the newest token of a session that is at its end': {
    session: { expired: -DAY, ended: SECOND },
    outcome: 'expired',
  },
  'the token before, within the grace, of an expired session': {
    session: { rotated: WITHIN, expired: SECOND },
    token: { counter: 4 },
    outcome: 'expired',
  },
  'an old token of an expired session': {
    session: { expired: SECOND },
    token: { counter: 1 },
    outcome: 'expired',
  },
  'the newest token, after a theft': { session: { reused: HOUR }, outcome: 'reused' },
  'the token before, within the grace, after a theft': {
    session: { reused: HOUR, rotated: WITHIN },
    token: { counter: 4 },
    outcome: 'reused',
  },
  'a counter ahead, after a theft': {
    session: { reused: HOUR },
    token: { counter: 6 },
    outcome: 'reused',
  },
  'the newest token of an expired session, after a theft': {
    session: { reused: HOUR, expired: SECOND },
    outcome: 'reused',
  },
};

test('A refresh comes to what the table says, and changes what goes with that and nothing else', async (t) => {
  const { store, open, read } = await setUp(t);
  for (const [name, { session, token, outcome, counter }] of Object.entries(ROWS)) {
    const id = await open(session);
    const before = await read(id);
    const started = Date.now();
    const refreshed = await store.refresh(input(id, token));
    const after = await read(id);

    const newest = counter ?? before.counter;
    t.deepEqual([refreshed?.outcome, refreshed?.counter], [outcome, newest], name);
    t.deepEqual([refreshed?.session.id, refreshed?.session.userId], [id, before.user_id], name);
    t.true(Math.abs(Number(refreshed?.at) - started) < 30 * SECOND, name);
    const changed = { ...changesOf(outcome, before, after), counter: newest ?? 0 };
    const { counter: presented = 5, seenCounter = 0 } = token ?? {};
    const seen_counter = Math.max(before.seen_counter ?? 0, presented, seenCounter);
    t.deepEqual(after, { ...before, ...changed, seen_counter }, name);
  }
});

/** What a refresh may change, all of it. Dates are taken from `after`, and looked at in tests of their own. */
function changesOf(outcome: RefreshOutcome, before: SessionDocument, after: SessionDocument) {
  const { at = new Date(Number.NaN) } = after.last_refresh ?? {};
  const { refreshes = 0, tracked_refreshes } = before;
  const isTracked = outcome === 'rotated' || tracked_refreshes === refreshes;
  const common = {
    last_refresh: { outcome, at },
    refreshes: refreshes + 1,
    ...(isTracked && { tracked_refreshes: refreshes + 1 }),
    graces: 0,
  };
  const others: Partial<Record<RefreshOutcome, Partial<SessionDocument>>> = {
    rotated: {
      rotated_at: at,
      rotated_by: after.rotated_by ?? null,
      last_used_at: at,
      expires_at: new Date(Math.min(at.getTime() + 7 * DAY, before.ends_at.getTime())),
    },
    retried: { graces: 1 },
    recovered: { graces: 1, rotated_at: at },
    reused: { reused_at: before.reused_at ?? at },
  };
  return { ...common, ...others[outcome] };
}

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

test('A theft is told again and again, of every token, with the time of the first', async (t) => {
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
