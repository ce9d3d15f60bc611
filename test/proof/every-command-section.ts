import { markdownTable } from '../../scripts/bench/report/markdown-table.ts';
import {
  breakEveryCommand,
  DEADLINE,
  type NamedRound,
  nameOf,
  type Plan,
} from '../faults/every-command.ts';
import { FAULTS, type FaultName } from '../faults/faults.ts';
import type { Finding, Section, Size } from './section.ts';

const PLANS: Readonly<Record<Size, Plan>> = {
  full: { faults: Object.keys(FAULTS) as FaultName[], inTurn: false },
  share: {
    faults: [
      'an error of the server (8000)',
      'a majority that was not waited for (64)',
      'a duplicate key (11000)',
      'a connection cut after, twice',
      'no answer to what is done',
    ],
    inTurn: true,
  },
};

/**
 * By how much an answer may be later than the deadline, in milliseconds: servers, clients and proxies are one
 * process, and beside `npm test` the machine is busy with other tests.
 */
const MARGIN: Readonly<Record<Size, number>> = { full: 500, share: 3_000 };

/** Every command that a request makes of the database fails once, in every way, and what comes of it is looked at. */
export const everyCommandSection: Section = {
  name: 'every-command',
  title: 'A fault at every command of every request',
  async run({ owner, size, detail }) {
    return findingOf(await breakEveryCommand(owner, PLANS[size], detail), MARGIN[size]);
  },
};

function findingOf(rounds: readonly NamedRound[], margin: number): Finding {
  const broken = rounds.filter(({ met }) => met.length > 0);
  const requests = new Set(broken.map(({ request }) => request));
  return {
    report: [
      `${requests.size} requests, each sent again with every single one of its commands broken. Answers are due ` +
        `within ${DEADLINE} ms (later where a password is checked beside other tests); up to ${margin} ms more ` +
        'are let pass, as all of it is one process.',
      '',
      tableOf(broken),
    ],
    faults: rounds.flatMap((round) =>
      faultsOf(round, margin).map((text) => `${whatOf(round)}: ${text}`),
    ),
  };
}

function faultsOf({ late, faults }: NamedRound, margin: number): readonly string[] {
  return late > margin ? [...faults, `it came ${Math.round(late)} ms after the deadline`] : faults;
}

function whatOf({ request, fault, nth, met }: NamedRound): string {
  return `${nameOf(request)}, ${fault} at command ${nth} (${met.join(', ')})`;
}

function tableOf(rounds: readonly NamedRound[]): string {
  const names = [...new Set(rounds.map(({ fault }) => fault))];
  const lines = names.map((name) => {
    const ofName = rounds.filter(({ fault }) => fault === name);
    const count = (outcome: NamedRound['outcome']) =>
      String(ofName.filter((round) => round.outcome === outcome).length);
    const longest = Math.round(Math.max(...ofName.map(({ took }) => took)));
    const counts = [count('away'), count('as if nothing had happened'), count('wrong')];
    return [name, String(ofName.length), ...counts, String(longest)];
  });
  const numbers = ['commands broken', '503', 'as if nothing', 'wrong', 'longest, ms'];
  return markdownTable(
    [{ title: 'fault' }, ...numbers.map((title) => ({ title, align: 'right' as const }))],
    lines,
  );
}
