import test from 'ava';
import { floodsSection } from './floods-section.ts';

test('A share of the floods: good clients are served, and junk never reaches the database', async (t) => {
  const detail = () => undefined;
  const { report, faults } = await floodsSection.run({ owner: t, size: 'share', detail });
  t.log(report.join('\n'));
  t.deepEqual(faults, []);
});
