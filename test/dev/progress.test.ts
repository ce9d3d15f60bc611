import { PassThrough } from 'node:stream';
import test from 'ava';
import { createReport } from '../../scripts/dev/progress.ts';

test('without a terminal, a long step prints its progress now and then', async (t) => {
  const stream = new PassThrough({ encoding: 'utf8' });
  let now = 0;
  const report = createReport(stream, () => now);
  await report.step('Counting', async (detail) => {
    for (now = 0; now < 70_000; now += 1_000) detail(`${now / 1_000} of 70`);
  });
  const lines = stream.read().trimEnd().split('\n');
  t.deepEqual(lines.slice(0, 3), [
    '  Counting ...',
    '  Counting: 30 of 70',
    '  Counting: 60 of 70',
  ]);
  t.regex(lines[3], /^✓ Counting \(\d+\.\d s\)$/);
  t.is(lines.length, 4);
});
