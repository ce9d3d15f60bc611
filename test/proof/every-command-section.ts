import pMap from 'p-map';
import { migratedDatabase } from '../helpers/database.ts';
import { openScope } from '../helpers/scope.ts';
import {
  breakableServer,
  breakEachCommand,
  DEADLINE,
  type KnownBy,
  type Round,
} from './commands/break-each-command.ts';
import { FAULTS, type FaultName, SILENT } from './commands/faults.ts';
import { type GoodRequest, goodRequests } from './good-requests.ts';
import {
  type Finding,
  formatTable,
  type Section,
  type SectionContext,
  type Size,
} from './section.ts';

interface Plan {
  readonly faults: readonly FaultName[];
  /** Each command meets the next of the faults in turn. Otherwise each meets all of them. */
  readonly inTurn: boolean;
  /** Milliseconds by which an answer may be late: servers, clients and proxies are one process. */
  readonly margin: number;
}

const PLANS: Readonly<Record<Size, Plan>> = {
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

/** A request, and what its server remembers. */
interface Case {
  readonly request: GoodRequest;
  readonly follow: 'auto' | 'off';
  /** Servers that follow and know its tokens before. */
  readonly knownBy: KnownBy;
}

/** Checks of a token, which are answered from memory where servers follow. */
const CHECKS = /^(GET \/api\/auth\/me|POST \/oauth\/introspect)( |$)/;
const checks = goodRequests.filter(({ name }) => CHECKS.test(name));

/** The other use case that goes by what is remembered of a token: it makes no read before its write. */
const logouts = goodRequests.filter(({ name }) => name === 'POST /api/auth/logout');

/**
 * Each request of a token that its server does not know yet: the check reads, and whoever revokes reads the followers.
 * The other server knows it, so that a revocation which does not wait for it is found. Then the checks where nobody
 * follows. Then checks and the logout of a live token that the server knows, of which it must read nothing.
 */
const CASES: readonly Case[] = [
  ...goodRequests.map((request): Case => {
    return { request, follow: 'auto', knownBy: 'the other server' };
  }),
  ...checks.map((request): Case => ({ request, follow: 'off', knownBy: 'nobody' })),
  ...[...checks, ...logouts]
    .filter(({ prepare }) => prepare === undefined)
    .map((request): Case => ({ request, follow: 'auto', knownBy: 'both servers' })),
];

interface NamedRound extends Round {
  readonly case: Case;
  readonly fault: FaultName;
}

/** REQUEST_DEADLINE in milliseconds where passwords are checked beside other tests. */
const PATIENT_DEADLINE = 20_000;

/** Requests at once: most of the time is spent waiting for what does not answer. */
const WORKERS = 8;

/** Fails every command that a request sends to the database once, in every way, and checks the answer. */
export const everyCommandSection: Section = {
  name: 'every-command',
  title: 'A fault at every command of every request',
  async run(context) {
    const breakNext = (one: Case, index: number) => {
      context.detail(`${describe(one)}, ${CASES.length - 1 - index} left`);
      return breakRequest(context, one);
    };
    const rounds = await pMap(CASES, breakNext, { concurrency: WORKERS });
    return report(rounds.flat(), PLANS[context.size].margin);
  },
};

function describe({ request: { name }, follow, knownBy }: Case): string {
  if (follow === 'off') return `${name} without following`;
  return knownBy === 'both servers' ? `${name} of a known token` : name;
}

async function breakRequest(context: SectionContext, one: Case): Promise<readonly NamedRound[]> {
  const { request, follow, knownBy } = one;
  const { faults, inTurn } = PLANS[context.size];
  const scope = openScope(context.scope);
  const isPatient = inTurn && request.takesPassword === true;
  const names = isPatient ? faults.filter((name) => !SILENT.has(name)) : faults;
  const start = CASES.indexOf(one); // so that not all begin with the same one
  const choices = inTurn
    ? [(nth: number) => names[(start + nth) % names.length] as FaultName]
    : names.map((name) => () => name);
  const database = await migratedDatabase(scope); // of its own: every follower of a database is waited for
  const deadline = isPatient ? PATIENT_DEADLINE : DEADLINE;
  const server = await breakableServer(scope, database, deadline, follow);
  const rounds: NamedRound[] = [];
  for (const choose of choices) {
    const chooseFault = (nth: number) => FAULTS[choose(nth)];
    const broken = await breakEachCommand(server, request, chooseFault, knownBy);
    rounds.push(...broken.map((round) => ({ ...round, case: one, fault: choose(round.nth) })));
  }
  await scope.end();
  return rounds;
}

function report(rounds: readonly NamedRound[], margin: number): Finding {
  const broken = rounds.filter(({ met }) => met.length > 0);
  const requests = new Set(broken.map((round) => round.case.request));
  const reads = rounds.filter((round) => round.case.knownBy === 'both servers');
  return {
    report: [
      `${requests.size} requests, each sent again with every single one of its commands broken. Answers are due ` +
        `within ${DEADLINE} ms (later where a password is checked beside other tests); up to ${margin} ms more ` +
        'are let pass, as all of it is one process. ' +
        `${reads.length} requests of tokens that were known caused ${reads.flatMap(listReads).length} reads.`,
      '',
      formatByFault(broken),
    ],
    faults: rounds.flatMap((round) => {
      const { fault, nth, met, late, faults } = round;
      const lateness = late > margin ? [`it came ${Math.round(late)} ms after the deadline`] : [];
      const needless = listReads(round).map((read) => `a known token caused ${read}`);
      const command = `${describe(round.case)}, ${fault} at command ${nth} (${met.join(', ')})`;
      return [...faults, ...lateness, ...needless].map((text) => `${command}: ${text}`);
    }),
  };
}

/** Lists the reads of a token that the server knew, or of its user. Whoever revokes has to read `followers`. */
function listReads({ case: { knownBy }, met }: NamedRound): readonly string[] {
  if (knownBy !== 'both servers') return [];
  return met.filter((name) => name.startsWith('find ') && name !== 'find followers');
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
