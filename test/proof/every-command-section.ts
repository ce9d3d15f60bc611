import pMap from 'p-map';
import { migratedDatabase, type TestDatabase } from '../helpers/database.ts';
import { openScope } from '../helpers/scope.ts';
import {
  breakableServer,
  breakEachCommand,
  DEADLINE,
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

interface NamedRound extends Round {
  readonly request: GoodRequest;
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
    const { scope, size, detail } = context;
    const shared = await migratedDatabase(scope);
    shared.db.client.setMaxListeners(4 * WORKERS); // each server on it watches it
    const breakNext = (request: GoodRequest, index: number) => {
      detail(`${request.name}, ${goodRequests.length - 1 - index} requests left`);
      return breakRequest(context, shared, request);
    };
    const rounds = await pMap(goodRequests, breakNext, { concurrency: WORKERS });
    return report(rounds.flat(), PLANS[size].margin);
  },
};

async function breakRequest(
  context: SectionContext,
  shared: TestDatabase,
  request: GoodRequest,
): Promise<readonly NamedRound[]> {
  const { faults, inTurn } = PLANS[context.size];
  const scope = openScope(context.scope);
  const isPatient = inTurn && request.takesPassword === true;
  const names = isPatient ? faults.filter((name) => !SILENT.has(name)) : faults;
  const start = goodRequests.indexOf(request); // so that not all begin with the same one
  const choices = inTurn
    ? [(nth: number) => names[(start + nth) % names.length] as FaultName]
    : names.map((name) => () => name);
  const database = request.isForEveryone ? await migratedDatabase(scope) : shared;
  const server = await breakableServer(scope, database, isPatient ? PATIENT_DEADLINE : DEADLINE);
  const rounds: NamedRound[] = [];
  for (const choose of choices) {
    const broken = await breakEachCommand(server, request, (nth) => FAULTS[choose(nth)]);
    rounds.push(...broken.map((round) => ({ ...round, request, fault: choose(round.nth) })));
  }
  await scope.end();
  return rounds;
}

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
      const command = `${request.name}, ${fault} at command ${nth} (${met.join(', ')})`;
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
