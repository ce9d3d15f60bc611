import type { Outcome } from './acknowledgements/ask-and-judge.ts';
import {
  openSituations,
  playSituation,
  SITUATIONS,
  type Situation,
} from './acknowledgements/situations.ts';
import { formatTable } from './format-table.ts';
import { openScope } from './scope.ts';
import type { Section, Surroundings } from './section.ts';

interface Played {
  readonly situation: Situation;
  readonly rounds: number;
  readonly outcomes: readonly Outcome[];
}

/** Sends every request that ends sessions where its 2xx could rest on a write that is lost or a read that fails. */
export function createAcknowledgements(options: { readonly rounds?: number | undefined }): Section {
  return {
    name: 'acknowledgements',
    title: 'A 2xx stands for a write of its own',
    async run(surroundings) {
      const rounds = surroundings.size === 'share' ? 1 : (options.rounds ?? 30);
      const played: Played[] = [];
      for (const situation of SITUATIONS) {
        played.push(await playRounds(situation, rounds, surroundings));
      }
      return {
        report: [formatPlayed(played)],
        faults: played.flatMap(({ situation, outcomes }) =>
          outcomes.flatMap(({ faults }) => faults.map((fault) => `${situation.name}: ${fault}`)),
        ),
      };
    },
  };
}

async function playRounds(
  situation: Situation,
  rounds: number,
  { owner, detail }: Surroundings,
): Promise<Played> {
  const scope = openScope(owner);
  const deployment = await openSituations(scope);
  const outcomes: Outcome[] = [];
  for (let round = 1; round <= rounds; round++) {
    detail(`${situation.name} ${round} of ${rounds}`);
    outcomes.push(...(await playSituation(situation, deployment)));
  }
  await scope.end();
  return { situation, rounds, outcomes };
}

function formatPlayed(played: readonly Played[]): string {
  const count =
    (is: (outcome: Outcome) => boolean) =>
    ({ outcomes }: Played) =>
      outcomes.filter(is).length;
  return formatTable(played, [
    ['situation', ({ situation }) => situation.title],
    ['rounds', ({ rounds }) => rounds],
    ['requests', ({ outcomes }) => outcomes.length],
    ['2xx', count(({ status }) => status < 300)],
    ['503', count(({ status }) => status === 503)],
    ['other', count(({ status }) => status >= 300 && status !== 503)],
    ['lost or wrong', count(({ faults }) => faults.length > 0)],
  ]);
}
