import test from 'ava';
import { createHealthChecks } from '../../../../lib/store/migrations/health-checks.ts';
import { PROBE } from '../../../../lib/store/revocations/entry-ids.ts';
import { SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';

// Serial, since the clock stands still for the whole process.
test.serial(
  'the entry that shows that writes work is written again after 30 s, and not before',
  async (t) => {
    const { collections } = await migratedDatabase(t);
    const { assertWritable } = createHealthChecks(collections);
    const { now } = performance;
    t.teardown(() => {
      performance.now = now;
    });
    const start = Math.round(performance.now()); // whole milliseconds add up exactly
    const writes: unknown[] = [];
    for (const after of [0, 1, 30 * SECOND - 1, 30 * SECOND, 31 * SECOND, 60 * SECOND]) {
      performance.now = () => start + after;
      await Promise.all([assertWritable(), assertWritable()]);
      writes.push((await collections.revokedTokens.findOne({ _id: PROBE }))?.writes);
    }
    t.deepEqual(writes, [1, 1, 1, 2, 2, 3]);
  },
);
