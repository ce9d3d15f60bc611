import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { floodsSection } from './floods-section.ts';
import { assertShare } from './section.ts';

test('A share of the floods: good clients are served, and junk never reaches the database', async (t) => {
  t.timeout(20 * MINUTE);
  const report = await assertShare(t, floodsSection);
  t.log(report.join('\n'));
});
