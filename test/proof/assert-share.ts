import type { ExecutionContext } from 'ava';
import type { Finding, Section } from './section.ts';

/** That nothing is found in the share of a section that `npm test` has. Answers what was counted and measured. */
export async function assertShare(
  t: ExecutionContext,
  section: Section,
): Promise<Finding['report']> {
  const detail = () => undefined;
  const { report, faults } = await section.run({ owner: t, size: 'share', detail });
  t.deepEqual(faults, [], report.join('\n'));
  return report;
}
