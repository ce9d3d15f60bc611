import { markdownTable } from '../../scripts/bench/report/markdown-table.ts';
import { type Outcome, openArena, SITUATIONS, type Situation } from './acknowledgements.ts';
import type { Section, Surroundings } from './section.ts';

const ROUNDS = 30;

/** Every request that ends sessions, where a 2xx could rest on what is not kept, or not found. */
export function createAcknowledgements({
  rounds = ROUNDS,
}: {
  readonly rounds?: number | undefined;
}): Section {
  return {
    name: 'acknowledgements',
    title: 'A 2xx stands for a write of its own',
    async run(surroundings) {
      const { size } = surroundings;
      const played: [Situation, readonly Outcome[]][] = [];
      for (const situation of SITUATIONS) {
        played.push([
          situation,
          await play(surroundings, situation, size === 'share' ? 1 : rounds),
        ]);
      }
      return {
        report: [tableOf(played, size === 'share' ? 1 : rounds)],
        faults: played.flatMap(([{ name }, outcomes]) =>
          outcomes.flatMap(({ faults }) => faults.map((fault) => `${name}: ${fault}`)),
        ),
      };
    },
  };
}

async function play(
  { owner, detail }: Surroundings,
  situation: Situation,
  rounds: number,
): Promise<readonly Outcome[]> {
  const arena = await openArena(owner);
  const outcomes: Outcome[] = [];
  for (let round = 1; round <= rounds; round++) {
    detail(`${situation.name} ${round} of ${rounds}`);
    outcomes.push(...(await situation.play(arena)));
  }
  return outcomes;
}

function tableOf(
  played: readonly (readonly [Situation, readonly Outcome[]])[],
  rounds: number,
): string {
  const lines = played.map(([{ title }, outcomes]) => {
    const count = (fits: (outcome: Outcome) => boolean) => String(outcomes.filter(fits).length);
    return [
      title,
      String(rounds),
      String(outcomes.length),
      count(({ status }) => status < 300),
      count(({ status }) => status === 503),
      count(({ status }) => status >= 300 && status !== 503),
      count(({ faults }) => faults.length > 0),
    ];
  });
  const numbers = ['rounds', 'requests', '2xx', '503', 'other', 'lost or wrong'];
  return markdownTable(
    [{ title: 'situation' }, ...numbers.map((title) => ({ title, align: 'right' as const }))],
    lines,
  );
}
