import type { ExecutionContext } from 'ava';
import type { Finding, Section } from './section.ts';

/** Asserts that the share of a section that the tests run finds no fault. Returns its report. */
export async function assertShare(
  t: ExecutionContext,
  section: Section,
): Promise<Finding['report']> {
  const detail = () => undefined;
  const { report, faults } = await section.run({ scope: t, size: 'share', detail });
  t.deepEqual(faults, [], report.join('\n'));
  return report;
}
