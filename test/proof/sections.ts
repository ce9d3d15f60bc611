import { createAcknowledgements } from './acknowledgements-section.ts';
import { attacks } from './attacks-section.ts';
import { enumeration } from './enumeration-section.ts';
import { everyCommandSection } from './every-command-section.ts';
import { createFaultsSection, type FaultsOptions } from './faults-section.ts';
import { floodsSection } from './floods-section.ts';
import { schemathesis } from './schemathesis-section.ts';
import type { Section } from './section.ts';
import { stalePrimary } from './stale-primary-section.ts';

/** Lists the parts of `npm run proof`, in their order. */
export function listSections(options: FaultsOptions): readonly Section[] {
  return [
    stalePrimary,
    createAcknowledgements(options),
    createFaultsSection(options),
    everyCommandSection,
    attacks,
    schemathesis,
    floodsSection,
    enumeration,
  ];
}
