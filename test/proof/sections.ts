import { createFaultsSection, type FaultsOptions } from './faults-section.ts';
import type { Section } from './section.ts';

/** All parts of `npm run proof`, in their order. */
export function sectionsWith(options: FaultsOptions): readonly Section[] {
  return [createFaultsSection(options)];
}
