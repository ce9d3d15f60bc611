import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { floodsSection } from './floods-section.ts';

test('A share of the floods: good clients are served, and junk never reaches the database', async (t) => {
  t.timeout(10 * MINUTE);
  const detail = () => undefined;
  const { report, faults } = await floodsSection.run({ owner: t, size: 'share', detail });
  t.log(report.join('\n'));
  t.deepEqual(faults, []);
});
