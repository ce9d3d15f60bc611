import type { Leg } from './network.ts';
import type { BrokenRule } from './rules.ts';
import type { Schedule, Step } from './schedule.ts';

/** A schedule written by hand, in which one broken rule breaks the promise. */
interface DirectedSchedule {
  readonly title: string;
  readonly steps: readonly Step[];
  /** The leases of F0, F1 and F2. */
  readonly leases?: Schedule['leases'];
  /** The rates of the clocks of F0, F1, F2, S and C. */
  readonly rates?: Schedule['rates'];
  /** The registrations that are needed, where the broken rule makes more of them. */
  readonly registrations?: number;
}

const start = (who: string, at: number): Step => ({ at, do: 'start', who });
const check = (who: string, token: string, at: number): Step => ({ at, do: 'check', who, token });
const revoke = (who: string, keys: readonly string[], at: number): Step => ({
  at,
  do: 'revoke',
  who,
  keys,
});
const hold = (who: string, leg: Leg, from: number, to: number): Step => ({
  at: from,
  do: 'hold',
  who,
  leg,
  for: to - from,
});
const lose = (who: string, leg: Leg, from: number, to: number): Step => ({
  at: from,
  do: 'lose',
  who,
  leg,
  for: to - from,
});
const stale = (who: string, from: number, to: number): Step => ({
  at: from,
  do: 'stale',
  who,
  for: to - from,
});
const stopFor = (name: 'pause' | 'suspend', who: string, from: number, to: number): Step => ({
  at: from,
  do: name,
  who,
  for: to - from,
});
const jump = (who: string, by: number, at: number): Step => ({ at, do: 'jump', who, by });
const change = (
  name: 'disable' | 'remove' | 'enable' | 'change-password' | 'login',
  who: string,
  at: number,
): Step => ({ at, do: name, who, user: 'u0' });
const cut = (astray: readonly string[], from: number, to: number): Step => ({
  at: from,
  do: 'cut',
  for: to - from,
  astray,
  rolledBack: 0,
  unknown: 0,
});

/** F0 follows and remembers t0. */
const followed: readonly Step[] = [start('F0', 0), check('F0', 't0', 5)];

/** F0 follows, and its feed brings nothing from 12 on: the last renewal that arrived began after 9. */
const stuck: readonly Step[] = [...followed, hold('F0', 'events', 12, 40)];

/** F0 has taken the revocation of t0 from its batch at 12.4, and is too busy to apply it. */
const unapplied: readonly Step[] = [
  ...followed,
  hold('F0', 'turn', 12, 30),
  revoke('S', ['t0'], 12.1),
  check('F0', 't0', 17),
];

/** S enables the user again, and F0 reads what was before: its feed is behind. */
const enabledAgain = (name: 'disable' | 'remove'): Step[] => [
  ...followed,
  change(name, 'S', 10),
  stale('F0', 15, 35),
  hold('F0', 'events', 17.9, 30),
  change('enable', 'S', 18),
  check('F0', 't0', 20),
];

/**
 * Conditions are steady: each way takes 0.05. A lease is 6, so that renewals begin some 2 apart, and a wait by time takes
 * 6.6. S and C revoke; the comments say what each step leads to.
 */
export const DIRECTED: Readonly<Partial<Record<BrokenRule, DirectedSchedule>>> = {
  'lease-from-the-end': {
    title:
      'a renewal that began before a revocation arrives long after it, the revocation later still',
    steps: [
      ...followed,
      hold('F0', 'events', 11.2, 15.5),
      revoke('S', ['t0'], 12.5),
      hold('F0', 'events', 15.3, 40),
      check('F0', 't0', 20.5),
    ],
  },
  'lease-from-the-acknowledgement': {
    title: 'renewals are acknowledged while the feed is stuck',
    steps: [...stuck, revoke('S', ['t0'], 15), check('F0', 't0', 25)],
  },
  'lease-from-an-empty-batch': {
    title: 'the feed stays at a primary that is cut off and returns empty batches',
    steps: [...followed, cut(['F0 feed'], 10, 40), revoke('S', ['t0'], 15), check('F0', 't0', 24)],
  },
  'began-after-the-pool': {
    title: 'a renewal is applied, its reply is lost, and the second attempt waits for a connection',
    steps: [
      ...followed,
      lose('F0', 'reply', 10, 13),
      hold('F0', 'events', 11.2, 18),
      hold('F0', 'pool', 13.5, 17.5),
      revoke('S', ['t0'], 13),
      hold('F0', 'events', 17.8, 40),
      check('F0', 't0', 21),
    ],
  },
  'lease-by-wall-alone': {
    title: 'the wall clock is set back',
    steps: [...stuck, jump('F0', -20, 12.5), revoke('S', ['t0'], 14), check('F0', 't0', 24)],
  },
  'lease-by-mono-alone': {
    title: 'the machine is suspended, and its monotonic clock stands still',
    steps: [
      ...stuck,
      stopFor('suspend', 'F0', 12, 32),
      revoke('S', ['t0'], 13),
      check('F0', 't0', 32.1),
    ],
  },
  'lease-ends-apart': {
    title: 'the machine is suspended long after its wall clock was set back',
    steps: [
      ...followed,
      jump('F0', -40, 10),
      hold('F0', 'events', 25, 60),
      stopFor('suspend', 'F0', 25, 45),
      revoke('S', ['t0'], 26),
      check('F0', 't0', 45.1),
    ],
  },
  'lease-checked-before-the-read': {
    title: 'a request joins a read that began while the lease held',
    steps: [
      ...stuck,
      hold('F0', 'answer', 12, 24),
      check('F0', 't1', 12.1),
      revoke('S', ['t1'], 12.5),
      check('F0', 't1', 21),
    ],
  },
  'decided-from-the-read': {
    title: 'a request joins a read that began before the revocation',
    steps: [
      ...followed,
      hold('F0', 'answer', 12, 16),
      check('F0', 't1', 12.1),
      revoke('S', ['t1'], 12.5),
      check('F0', 't1', 15),
    ],
  },
  'fills-read-local': {
    title: 'reads reach a primary that is cut off, the feed the new one',
    steps: [...followed, cut(['F0 read'], 10, 30), revoke('S', ['t1'], 12), check('F0', 't1', 15)],
  },
  'missing-user-refused-from-memory': {
    title: 'a user is created again while the feed is behind',
    steps: enabledAgain('remove'),
  },
  'disabled-user-refused-from-memory': {
    title: 'a user is enabled again while the feed is behind',
    steps: enabledAgain('disable'),
  },
  'position-before-applied': {
    title: 'a renewal is written between the arrival of an event and its application',
    leases: [9, 6, 6],
    steps: unapplied,
  },
  'position-of-the-batch': {
    title: 'a renewal is written between the arrival of a batch and the application of its end',
    leases: [9, 6, 6],
    steps: unapplied,
  },
  'live-before-the-own-insert': {
    title: 'a revocation that the stream begins after is missing in a stale read',
    steps: [
      stale('F0', 9, 30),
      hold('F0', 'events', 9, 20),
      revoke('S', ['t0'], 9.5),
      start('F0', 10),
      check('F0', 't0', 11),
    ],
  },
  'registered-before-the-feed': {
    title: 'a revocation comes after the insert and before the feed is open',
    steps: [
      hold('F0', 'open', 10, 14),
      start('F0', 10),
      check('F0', 't0', 10.5),
      revoke('S', ['t0'], 11),
      check('F0', 't0', 18.5),
    ],
  },
  'resume-from-the-drivers-token': {
    title: 'a feed breaks while a revocation is in hand and not applied',
    steps: [
      ...followed,
      hold('F0', 'turn', 12, 16),
      revoke('S', ['t0'], 12.1),
      { at: 13, do: 'elect', rolledBack: 0, unknown: 0 },
      check('F0', 't0', 20),
    ],
  },
  'unmatched-renewal-ignored': {
    title: 'the collection of the followers is dropped',
    steps: [...followed, { at: 12, do: 'drop-followers' }],
  },
  'deleted-before-the-lease-ends': {
    title: 'a follower stops, and the reply to its delete takes long',
    steps: [
      ...followed,
      hold('F0', 'reply', 12, 20),
      { at: 12.1, do: 'stop', who: 'F0' },
      revoke('S', ['t0'], 12.5),
      check('F0', 't0', 14),
    ],
  },
  'followers-read-local': {
    title: 'who settles reads at a primary that is cut off, which lacks a follower',
    steps: [
      cut([], 10, 30),
      start('F1', 12),
      check('F1', 't0', 14),
      hold('F1', 'events', 14.5, 30),
      revoke('S', ['t0'], 15),
      { at: 15.22, do: 'lead', astray: ['S read'] },
      check('F1', 't0', 17),
    ],
  },
  'followers-read-before-t': {
    title: 'a stale read lacks a follower',
    steps: [
      stale('S', 9, 30),
      start('F0', 10),
      check('F0', 't0', 12),
      hold('F0', 'events', 12.5, 30),
      revoke('S', ['t0'], 13),
      check('F0', 't0', 14),
    ],
  },
  'settle-joins-a-read': {
    title: 'a read for an earlier revocation takes long, and a follower begins meanwhile',
    steps: [
      revoke('S', ['t1'], 10),
      hold('S', 'answer', 10.32, 16),
      start('F1', 11),
      check('F1', 't0', 12),
      hold('F1', 'events', 12.5, 30),
      change('disable', 'S', 13),
      check('F1', 't0', 16.5),
    ],
  },
  'first-of-two-entries': {
    title: 'a follower has applied the first of two entries alone',
    steps: [
      ...followed,
      revoke('S', ['t1', 't0'], 12),
      hold('F0', 'events', 12.4, 30),
      check('F0', 't0', 14),
    ],
  },
  'one-time-for-two-entries': {
    title: 'a follower has applied the first of two events with one clusterTime',
    steps: [
      ...followed,
      revoke('S', ['t1', 't0'], 12),
      hold('F0', 'turn', 12.305, 30),
      check('F0', 't0', 14),
    ],
  },
  'command-does-not-wait': {
    title: 'a command revokes while a feed is stuck',
    steps: [...stuck, revoke('C', ['t0'], 12.5), check('F0', 't0', 14)],
  },
  'not-following-does-not-wait': {
    title: 'a server that does not follow revokes while the feed of another is stuck',
    steps: [...stuck, revoke('S', ['t0'], 12.5), check('F0', 't0', 14)],
  },
  'refused-without-settling': {
    title: 'a revocation that still waits is asked for a second time',
    steps: [...stuck, revoke('S', ['t0'], 12.5), revoke('C', ['t0'], 13), check('F0', 't0', 14)],
  },
  'settle-by-own-lease': {
    title: 'a follower has a longer lease than who settles',
    leases: [9, 4, 4],
    steps: [...stuck, revoke('S', ['t0'], 12), check('F0', 't0', 17.5)],
  },
  'settle-without-tenth': {
    title: 'the clock of who settles runs a tenth faster',
    leases: [30, 30, 30],
    rates: [1, 1, 1, 1.1, 1],
    steps: [
      ...followed,
      hold('F0', 'events', 20.9, 80),
      revoke('S', ['t0'], 20.9),
      check('F0', 't0', 49.6),
    ],
  },
  'settle-by-wall': {
    title: 'the wall clock of who settles is set ahead',
    steps: [...stuck, revoke('S', ['t0'], 12.2), jump('S', 20, 13), check('F0', 't0', 14)],
  },
  'delete-without-renewals': {
    title: 'stale reads show a document unchanged that is renewed',
    steps: [
      ...followed,
      stale('S', 10, 40),
      hold('F0', 'events', 16.5, 40),
      revoke('C', ['t0'], 18),
      check('F0', 't0', 19),
    ],
  },
  'delete-by-own-lease': {
    title: 'a follower with a long lease is stopped, one with a short lease looks at its document',
    leases: [9, 3, 3],
    steps: [
      ...stuck,
      stopFor('pause', 'F0', 12, 18),
      revoke('S', ['t0'], 17),
      check('F0', 't0', 18.1),
    ],
  },
  'delete-without-tenth': {
    title: 'the clock of who looks at a document runs a tenth faster than that of the follower',
    leases: [60, 60, 60],
    rates: [1, 1, 1, 1.1, 1],
    steps: [
      start('F0', 5),
      check('F0', 't0', 5.5),
      hold('F0', 'events', 6, 66),
      stopFor('pause', 'F0', 6, 64),
      revoke('C', ['t0'], 63),
      check('F0', 't0', 64.1),
    ],
  },
  'time-over-failed-reads': {
    title: 'the database is away for longer than a lease',
    registrations: 1,
    steps: [...followed, lose('*', 'command', 13, 25.3)],
  },
  'login-at-majority': {
    title: 'a new primary does not know yet of the last majority',
    steps: [
      change('change-password', 'S', 10),
      hold('*', 'replication', 12, 17),
      { at: 12, do: 'elect', rolledBack: 0, unknown: 3 },
      change('login', 'S', 13),
    ],
  },
};

/** Converts a directed schedule to one that can be played. */
export function toSchedule({ steps, leases, rates }: DirectedSchedule): Schedule {
  return { steps, leases: leases ?? [6, 6, 6], rates: rates ?? [1, 1, 1, 1, 1] };
}
