import { carryOut } from './attacks/attack.ts';
import { bodyAttack } from './attacks/body-property.ts';
import { seed } from './attacks/run-property.ts';
import { tokenAttack } from './attacks/token-property.ts';
import type { Section } from './section.ts';

const SIZES = {
  full: { tokens: 100_000, bodies: 20_000 },
  share: { tokens: 2_000, bodies: 500 },
} as const;

/** Mutants by the thousand, each answer judged by an oracle that knows what was issued, and not the code. */
export const attacks: Section = {
  name: 'attacks',
  title: 'Mutated tokens and mutated bodies',

  async run({ size, ...surroundings }) {
    const requests = SIZES[size];
    const tokens = await carryOut(tokenAttack, { ...surroundings, requests: requests.tokens });
    const bodies = await carryOut(bodyAttack, { ...surroundings, requests: requests.bodies });
    return {
      report: [
        `Seed ${seed()}; ATTACKS_SEED=${seed()} does the same again.`,
        '',
        ...tokens.report,
        '',
        ...bodies.report,
      ],
      faults: [...tokens.faults, ...bodies.faults],
    };
  },
};
