import type { ExecutionContext } from 'ava';
import type { Db } from 'mongodb';
import { migrate, planMigration } from '../../../../lib/store/migrations/migrate.ts';
import { DAY } from '../../../../lib/time.ts';
import { snapshot } from '../../../helpers/snapshot.ts';

/** Asserts that the plan names the conflict, and that neither planning nor migrating changes a byte. */
export async function assertRefused(t: ExecutionContext, db: Db, conflict: RegExp) {
  const before = await snapshot(db);
  const plan = await planMigration(db, { auditRetention: 400 * DAY });
  t.regex(plan.conflicts.map(({ message }) => message).join('\n'), conflict);
  await t.throwsAsync(
    migrate(plan, () => t.fail('a step was taken')),
    { instanceOf: TypeError, message: /nothing was changed/ },
  );
  t.deepEqual(await snapshot(db), before);
}
