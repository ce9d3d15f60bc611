import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS } from './deployment.ts';
import type { Fault } from './fault.ts';
import { clockSkew } from './faults/clock-skew.ts';
import { oneNodeFaults } from './faults/one-node.ts';
import { replicaSetFaults, SET_SETTINGS } from './faults/replica-set.ts';
import type { Operation } from './history.ts';
import { formatOutcomes, listCounted, type Outcome } from './outcome.ts';
import { playFault } from './rounds.ts';
import type { Section, SectionContext } from './section.ts';
import { CLIENTS } from './traffic.ts';
import { runWorkers } from './workers.ts';

export const faults: readonly Fault[] = [...oneNodeFaults, ...replicaSetFaults, clockSkew];

export interface FaultsOptions {
  /** Names of the faults to strike. Default: all. */
  readonly faults?: readonly string[] | undefined;
  /** Rounds of each fault. Default: those of the fault. */
  readonly rounds?: number | undefined;
  /** Faults that are played at the same time, each on a deployment of its own. Default 2. */
  readonly workers?: number | undefined;
  /** Folder for the histories of rounds with a breach. Default: a temporary one. */
  readonly out?: string | undefined;
}

/** Rounds of the tests. */
const SHARE: Readonly<Record<string, number>> = {
  'kill-mongod': 5,
  'step-down': 1,
  'freeze-primary': 1,
  'cut-off-primary': 1,
};

/** Strikes faults in the middle of traffic and checks every answer. */
export function createFaultsSection(options: FaultsOptions = {}): Section {
  return {
    name: 'faults',
    title: 'Revoked means revoked, while faults happen',
    async run(context) {
      const isShare = context.size === 'share';
      const countRounds = ({ name, rounds }: Fault) => (isShare ? (SHARE[name] ?? 0) : rounds);
      const planned = faults
        .filter(({ name }) => options.faults?.includes(name) ?? true)
        .map((fault) => ({ ...fault, rounds: options.rounds ?? countRounds(fault) }))
        .filter(({ rounds }) => rounds > 0);
      const outcomes = await playAll(planned, options, context);
      return {
        report: [...NOTES.map((note) => `- ${note}`), '', formatOutcomes(outcomes)],
        faults: outcomes.flatMap(listFaults),
      };
    },
  };
}

const NOTES = [
  `Two servers with ${formatSettings(SETTINGS)}; ${CLIENTS.actors} clients that do everything and ${CLIENTS.watchers} that only ask for /me.`,
  `Sets of three have electionTimeoutMillis=4000 and catchUpTimeoutMillis=0, and their servers ${formatSettings(SET_SETTINGS)} unless the fault says otherwise.`,
  'A round counts with at least 20 acknowledged revocations, 200 checks, and requests before, during and after the fault.',
  'Unavailability is the longest time in which no request of any client came to a decision.',
];

function formatSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function listFaults(outcome: Outcome): readonly string[] {
  const { fault, notHere, faults } = outcome;
  const { length } = listCounted(outcome);
  if (length >= fault.rounds || notHere !== undefined) return faults;
  return [...faults, `${fault.name}: only ${length} of ${fault.rounds} rounds count`];
}

/** Plays several faults at a time; returns their outcomes in the given order. */
async function playAll(
  planned: readonly Fault[],
  { workers = 2, out = join(tmpdir(), `rescind-proof-${process.pid}`) }: FaultsOptions,
  { scope, detail }: SectionContext,
): Promise<Outcome[]> {
  const outcomes = new Map<Fault, Outcome>();
  const playing = new Map<Fault, string>();
  const save = (name: string, history: readonly Operation[]) => saveHistory(out, name, history);
  const warn = (text: string) => process.stderr.write(`\n${text}\n`);
  await runWorkers(workers, planned, async (fault) => {
    const progress = (over: number) => {
      playing.set(fault, `${fault.name} ${over} of ${fault.rounds}`);
      detail([...playing.values()].join(' · '));
    };
    progress(0);
    outcomes.set(fault, await playFault(fault, { scope, progress, save, warn }));
    playing.delete(fault);
  });
  return planned.flatMap((fault) => outcomes.get(fault) ?? []);
}

/** Writes an operation a line, as JSON; returns the path of the file. */
async function saveHistory(folder: string, name: string, history: readonly Operation[]) {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, history.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return file;
}
