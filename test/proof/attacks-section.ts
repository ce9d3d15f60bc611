import { carryOut, seed } from './attacks/attack.ts';
import { openBodyAttack } from './attacks/bodies.ts';
import { openTokenAttack } from './attacks/tokens.ts';
import type { Section } from './section.ts';

const SIZES = {
  full: { tokens: 100_000, bodies: 20_000 },
  share: { tokens: 2_000, bodies: 500 },
} as const;

/** Mutants by the thousand, each answer judged by an oracle that knows what was issued, and not the code. */
export const attacks: Section = {
  name: 'attacks',
  title: 'Mutated tokens and mutated bodies',

  async run(context) {
    const sizes = SIZES[context.size];
    const tokens = await carryOut(openTokenAttack, sizes.tokens, context);
    const bodies = await carryOut(openBodyAttack, sizes.bodies, context);
    const repeat = `Seed ${seed()}; ATTACKS_SEED=${seed()} does the same again.`;
    return {
      report: [repeat, '', ...tokens.report, '', ...bodies.report],
      faults: [...tokens.faults, ...bodies.faults],
    };
  },
};
