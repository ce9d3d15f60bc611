/** The share of `npm run proof` that the tests play: the same code, fewer rounds. */
import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { faultsSection } from './faults-section.ts';
import { assertShare } from './section.ts';

for (const [name, rounds, title] of [
  ['kill-mongod', 5, 'revoked means revoked while MongoDB is killed, five times'],
  ['step-down', 1, 'revoked means revoked while the primary steps down'],
  ['freeze-primary', 1, 'revoked means revoked while the primary is frozen'],
  ['cut-off-primary', 1, 'revoked means revoked while the primary is cut off'],
] as const) {
  test.serial(title, async (t) => {
    t.timeout(10 * MINUTE);
    const report = await assertShare(t, faultsSection, { faults: [name], rounds });
    t.log(report.at(-1));
  });
}
