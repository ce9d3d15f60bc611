import test from 'ava';
import type { RefreshOutcome, SessionDocument } from '../../../../lib/store/mongo/collections.ts';
import { DAY, HOUR, SECOND } from '../../../../lib/time.ts';
import {
  AFTER,
  AGENT,
  input,
  type Presented,
  type SessionAges,
  setUp,
  WITHIN,
} from './refresh-fixture.ts';

interface Row {
  readonly session?: SessionAges;
  readonly token?: Presented;
  readonly outcome: RefreshOutcome;
  /** Counter of the newest refresh token afterwards. Default: as before. */
  readonly counter?: number;
}

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

test('A refresh has the outcome of the table, and changes what belongs to the outcome and nothing else', async (t) => {
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
    const changed = { ...findChanges(outcome, before, after), counter: newest ?? 0 };
    const { counter: presented = 5, seenCounter = 0 } = token ?? {};
    const seen_counter = Math.max(before.seen_counter ?? 0, presented, seenCounter);
    t.deepEqual(after, { ...before, ...changed, seen_counter }, name);
  }
});

/** Lists all that a refresh may change. Dates are taken from `after`; other tests check them. */
function findChanges(outcome: RefreshOutcome, before: SessionDocument, after: SessionDocument) {
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
