import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from './fault.ts';
import { faults } from './faults.ts';
import type { Operation } from './history.ts';
import type { Outcome } from './outcome.ts';
import { outcomeTable } from './outcome-table.ts';
import { playFault } from './rounds.ts';
import type { Section, Surroundings } from './section.ts';
import { SETTINGS } from './server-pair.ts';
import { SET_SETTINGS } from './set-faults.ts';
import { CLIENTS } from './traffic.ts';

export interface FaultsOptions {
  /** Only these. Default: every one. */
  readonly faults?: readonly string[] | undefined;
  /** How many rounds of each. Default: as many as each says itself. */
  readonly rounds?: number | undefined;
  /** How many faults are played side by side, each with a database and servers of its own. Default 2. */
  readonly lanes?: number | undefined;
  /** Where the history of a round goes that broke the promise. Default: a temporary folder. */
  readonly out?: string | undefined;
}

/** What `npm test` plays of it. */
const SHARE: Readonly<Record<string, number>> = {
  'kill-mongod': 5,
  'step-down': 1,
  'freeze-primary': 1,
  'cut-off-primary': 1,
};

/** Faults struck in the middle of traffic, and what clients were told. */
export function createFaultsSection(options: FaultsOptions = {}): Section {
  return {
    name: 'faults',
    title: 'Revoked means revoked, while faults happen',
    async run(surroundings) {
      const roundsOf = (fault: Fault) =>
        options.rounds ?? (surroundings.size === 'share' ? (SHARE[fault.name] ?? 0) : fault.rounds);
      const chosen = faults
        .filter(({ name }) => options.faults?.includes(name) ?? true)
        .filter((fault) => roundsOf(fault) > 0);
      const outcomes = await playAll(chosen, roundsOf, options, surroundings);
      return {
        report: [...notes().map((note) => `- ${note}`), '', ...outcomeTable(outcomes)],
        faults: outcomes.flatMap((outcome) => faultsOf(outcome, roundsOf(outcome.fault))),
      };
    },
  };
}

function notes(): string[] {
  return [
    `Two servers with ${words(SETTINGS)}; ${CLIENTS.actors} clients that do everything and ${CLIENTS.watchers} that only ask for /me.`,
    `Sets of three have electionTimeoutMillis=4000 and catchUpTimeoutMillis=0, and their servers ${words(SET_SETTINGS)} unless the fault says otherwise.`,
    'A round counts with at least 20 acknowledged revocations, 200 checks, and requests before, during and after the fault.',
    'Unavailability is the longest time in which no request of any client came to a decision.',
  ];
}

function words(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function faultsOf(
  { fault, rounds, notHere, faults: found }: Outcome,
  wanted: number,
): readonly string[] {
  if (rounds >= wanted || notHere !== undefined) return found;
  return [...found, `${fault.name}: only ${rounds} of ${wanted} rounds count`];
}

/** Takes one fault after the other, several at once; answers in the order of the list. */
async function playAll(
  chosen: readonly Fault[],
  roundsOf: (fault: Fault) => number,
  { lanes = 2, out }: FaultsOptions,
  { owner, detail }: Surroundings,
): Promise<Outcome[]> {
  const outcomes = new Map<Fault, Outcome>();
  const waiting = [...chosen];
  const playing = new Map<string, string>();
  const keep = createKeep(out);
  const show = () => detail([...playing].map((each) => each.join(' ')).join(' · '));

  async function runLane(): Promise<void> {
    for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
      const { name } = fault;
      const rounds = roundsOf(fault);
      const progress = (over: number) => {
        playing.set(name, `${over} of ${rounds}`);
        show();
      };
      progress(0);
      const tell = (text: string) => process.stderr.write(`\n${text}\n`);
      outcomes.set(fault, await playFault(fault, { owner, rounds, progress, keep, tell }));
      playing.delete(name);
    }
  }

  await Promise.all(Array.from({ length: lanes }, runLane));
  return chosen.flatMap((fault) => outcomes.get(fault) ?? []);
}

/** One operation a line, as JSON. */
function createKeep(out: string | undefined) {
  let folder: Promise<string> | undefined;

  async function open(): Promise<string> {
    if (out === undefined) return mkdtemp(join(tmpdir(), 'rescind-proof-'));
    await mkdir(out, { recursive: true });
    return out;
  }

  return async function keep(name: string, history: readonly Operation[]): Promise<string> {
    folder ??= open();
    const file = join(await folder, `${name.replaceAll(/\W+/g, '-')}.jsonl`);
    await writeFile(file, history.map((each) => `${JSON.stringify(each)}\n`).join(''));
    return file;
  };
}
