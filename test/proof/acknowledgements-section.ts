import { openScope } from '../helpers/scope.ts';
import { playSituation, SITUATIONS, type Situation } from './acknowledgements/situations.ts';
import { type Outcome, openEndingDeployment } from './acknowledgements/victims.ts';
import { formatTable, type Section, type SectionContext } from './section.ts';

/** Sends every request that ends sessions where its 2xx could rest on a write that is lost or a read that fails. */
export const acknowledgements: Section = {
  name: 'acknowledgements',
  title: 'A 2xx stands for a write of its own',
  async run(context) {
    const { rounds = 15 } = context;
    const played: Played[] = [];
    for (const situation of SITUATIONS) {
      played.push(await playRounds(situation, rounds, context));
    }
    return {
      report: [
        formatTable(played, [
          ['situation', ({ title }) => title],
          ['rounds', () => rounds],
          ['requests', ({ outcomes }) => outcomes.length],
          ['2xx', count(({ status }) => status < 300)],
          ['503', count(({ status }) => status === 503)],
          ['other', count(({ status }) => status >= 300 && status !== 503)],
          ['lost or wrong', count(({ faults }) => faults.length > 0)],
        ]),
      ],
      faults: played.flatMap(({ name, outcomes }) =>
        outcomes.flatMap(({ faults }) => faults.map((fault) => `${name}: ${fault}`)),
      ),
    };
  },
};

type Played = Awaited<ReturnType<typeof playRounds>>;

async function playRounds(situation: Situation, rounds: number, context: SectionContext) {
  const { name, title } = situation;
  const scope = openScope(context.scope);
  const deployment = await openEndingDeployment(scope);
  const outcomes: Outcome[] = [];
  for (let round = 1; round <= rounds; round++) {
    context.detail(`${name} ${round} of ${rounds}`);
    outcomes.push(...(await playSituation(situation, deployment)));
  }
  await scope.end();
  return { name, title, outcomes };
}

function count(is: (outcome: Outcome) => boolean) {
  return ({ outcomes }: Played) => outcomes.filter(is).length;
}
