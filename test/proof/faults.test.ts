/** The share of `npm run proof` that the tests play: the same code, fewer rounds. */
import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { faultsSection } from './faults-section.ts';
import { assertShare } from './section.ts';

/** Faults of servers that follow, one of each sort. */
const OF_FOLLOWERS = [
  'freeze-two-leases',
  'kill-in-settle',
  'held-feed',
  'held-renewals',
  'rename-collection',
] as const;

for (const [names, rounds, title] of [
  [['kill-mongod'], 5, 'revoked means revoked while MongoDB is killed, five times'],
  [['step-down'], 1, 'revoked means revoked while the primary steps down'],
  [['freeze-primary'], 1, 'revoked means revoked while the primary is frozen'],
  [['cut-off-primary'], 1, 'revoked means revoked while the primary is cut off'],
  [OF_FOLLOWERS, 1, 'revoked means revoked while servers that follow are harmed'],
] as const) {
  test.serial(title, async (t) => {
    t.timeout(10 * MINUTE);
    const report = await assertShare(t, faultsSection, { faults: names, rounds });
    t.log(report.at(-1));
  });
}
