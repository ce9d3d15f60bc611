import { DEADLINE } from './commands/break-each-command.ts';
import { breakEveryCommand, type NamedRound, type Plan } from './commands/every-command.ts';
import { FAULTS, type FaultName } from './commands/faults.ts';
import { nameRequest } from './commands/requests.ts';
import { formatTable } from './format-table.ts';
import type { Finding, Section, Size } from './section.ts';

/** The margin is how late an answer may be, in milliseconds: servers, clients and proxies are one process. */
const PLANS: Readonly<Record<Size, Plan & { readonly margin: number }>> = {
  full: { faults: Object.keys(FAULTS) as FaultName[], inTurn: false, margin: 500 },
  share: {
    faults: [
      'an error of the server (8000)',
      'a majority that was not waited for (64)',
      'a duplicate key (11000)',
      'a connection cut after, twice',
      'no answer to what is done',
    ],
    inTurn: true,
    margin: 3_000,
  },
};

/** Fails every command that a request sends to the database once, in every way, and checks the answer. */
export const everyCommandSection: Section = {
  name: 'every-command',
  title: 'A fault at every command of every request',
  async run({ scope, size, detail }) {
    const { margin, ...plan } = PLANS[size];
    return report(await breakEveryCommand(scope, plan, detail), margin);
  },
};

function report(rounds: readonly NamedRound[], margin: number): Finding {
  const broken = rounds.filter(({ met }) => met.length > 0);
  const requests = new Set(broken.map(({ request }) => request));
  return {
    report: [
      `${requests.size} requests, each sent again with every single one of its commands broken. Answers are due ` +
        `within ${DEADLINE} ms (later where a password is checked beside other tests); up to ${margin} ms more ` +
        'are let pass, as all of it is one process.',
      '',
      formatByFault(broken),
    ],
    faults: rounds.flatMap(({ request, fault, nth, met, late, faults }) => {
      const lateness = late > margin ? [`it came ${Math.round(late)} ms after the deadline`] : [];
      const command = `${nameRequest(request)}, ${fault} at command ${nth} (${met.join(', ')})`;
      return [...faults, ...lateness].map((text) => `${command}: ${text}`);
    }),
  };
}

function formatByFault(rounds: readonly NamedRound[]): string {
  const names = [...new Set(rounds.map(({ fault }) => fault))];
  const byFault = names.map((name) => rounds.filter(({ fault }) => fault === name));
  const count = (outcome: NamedRound['outcome']) => (ofFault: readonly NamedRound[]) =>
    ofFault.filter((round) => round.outcome === outcome).length;
  return formatTable(byFault, [
    ['fault', ([first]) => first?.fault ?? ''],
    ['commands broken', ({ length }) => length],
    ['503', count('away')],
    ['as if nothing', count('as if nothing had happened')],
    ['wrong', count('wrong')],
    ['longest, ms', (ofFault) => Math.round(Math.max(...ofFault.map(({ took }) => took)))],
  ]);
}
