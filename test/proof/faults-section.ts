import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { median, sum } from 'simple-statistics';
import type { Rule } from './checker.ts';
import { FOLLOWING, SETTINGS } from './deployment.ts';
import type { Fault } from './fault.ts';
import { blockedLoop } from './faults/blocked-loop.ts';
import { changePasswordFault } from './faults/change-password.ts';
import { changedUsers } from './faults/changed-users.ts';
import { clockSkew } from './faults/clock-skew.ts';
import { followerFaults } from './faults/followers.ts';
import { killAtSteps } from './faults/kill-at-steps.ts';
import { lostCollection } from './faults/lost-collection.ts';
import { noPrivilege } from './faults/no-privilege.ts';
import { oneNodeFaults } from './faults/one-node.ts';
import { operatorFaults, tenFollowers } from './faults/operators.ts';
import { replicaSetFaults, startBesideSlowWrites } from './faults/replica-set.ts';
import { restore } from './faults/restore.ts';
import { wallClock } from './faults/wall-clock.ts';
import type { Round } from './round.ts';
import { countRepeated, createOutcome, listCounted, type Outcome, playFault } from './rounds.ts';
import { formatTable, type Section } from './section.ts';
import { CLIENTS } from './traffic.ts';

export const faults: readonly Fault[] = [
  ...oneNodeFaults,
  ...replicaSetFaults,
  startBesideSlowWrites,
  changePasswordFault,
  clockSkew,
  wallClock,
  ...followerFaults,
  killAtSteps,
  noPrivilege,
  blockedLoop,
  ...operatorFaults,
  lostCollection,
  restore,
  changedUsers,
  tenFollowers,
];

const DEFAULT_FOLDER = join(tmpdir(), `rescind-proof-${process.pid}`);

/** Strikes faults in the middle of traffic and checks every answer. */
export const faultsSection: Section = {
  name: 'faults',
  title: 'Revoked means revoked, while faults happen',
  async run({ scope, detail, faults: names, rounds, workers = 2, folder = DEFAULT_FOLDER }) {
    const outcomes = faults
      .filter(({ name }) => names?.includes(name) ?? true)
      .map((fault) => createOutcome({ ...fault, rounds: rounds ?? fault.rounds }));
    const playing = new Set<Outcome>();
    const describe = (outcome: Outcome) =>
      `${outcome.fault.name} ${listCounted(outcome).length} of ${outcome.fault.rounds}`;
    const progress = () => detail([...playing].map(describe).join(' · '));
    const play = async (outcome: Outcome) => {
      playing.add(outcome);
      progress();
      await playFault(outcome, { scope, progress, folder });
      playing.delete(outcome);
    };
    await pMap(outcomes, play, { concurrency: workers });
    return {
      report: [...NOTES.map((note) => `- ${note}`), '', formatOutcomes(outcomes)],
      faults: outcomes.flatMap(listFaults),
    };
  },
};

const NOTES = [
  `Two servers with ${formatSettings({ ...SETTINGS, ...FOLLOWING })}; ${CLIENTS.actors} clients that do everything and ${CLIENTS.watchers} that only ask for /me.`,
  `Sets of three have electionTimeoutMillis=4000 and catchUpTimeoutMillis=0.`,
  'A round counts with at least 20 acknowledged revocations, 200 checks, and requests before, during and after the fault.',
  'A round counts only if more than half of the accepts came from memory: no command that names the session was on its way to MongoDB meanwhile.',
  'Unavailability is the longest time in which no request of any client came to a decision.',
];

function formatSettings(settings: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(settings).map((pair) => pair.join('='));
  return pairs.join(' ');
}

function listFaults(outcome: Outcome): readonly string[] {
  const { fault, notHere, faults } = outcome;
  const { length } = listCounted(outcome);
  if (length >= fault.rounds || notHere !== undefined) return faults;
  return [...faults, `${fault.name}: only ${length} of ${fault.rounds} rounds count`];
}

/** Formats a row for each fault as Markdown. Breaches are those of all rounds, other numbers of those that count. */
function formatOutcomes(outcomes: readonly Outcome[]): string {
  return formatTable(outcomes.map(summarize), [
    ['fault', ({ fault }) => fault.title],
    ['rounds', ({ notHere, rounds }) => notHere ?? rounds],
    ['acknowledged revocations', ({ total }) => total('acknowledged')],
    ['checks', ({ total }) => total('checks')],
    ['accepts', ({ total }) => total('accepts')],
    ['from memory', ({ share }) => share],
    ['time of a revocation, median / longest', ({ times }) => times],
    ['lost', ({ countBreaches }) => countBreaches('lost')],
    ['false refusals', ({ countBreaches }) => countBreaches('false_refusal')],
    ['wrong or no answers', ({ countBreaches }) => countBreaches('wrong_answer', 'no_answer')],
    [
      'requests before / during / after',
      ({ total }) => `${total('before')} / ${total('during')} / ${total('after')}`,
    ],
    ['longest unavailability', ({ silence }) => `${(silence / 1_000).toFixed(1)} s`],
  ]);
}

function summarize(outcome: Outcome) {
  const { fault, notHere, played } = outcome;
  const counted = listCounted(outcome);
  const repeated = countRepeated(outcome);
  const breaches = played.flatMap((round) => round.breaches);
  const times = counted.flatMap(({ tally }) => tally.revocationTimes);
  const add = (name: Total) => sum(counted.map(({ tally }) => tally[name]));
  return {
    fault,
    notHere,
    rounds: `${counted.length}${repeated > 0 ? ` (${repeated} again)` : ''}`,
    total: (name: Total) => format(add(name)),
    share: formatShare(add('fromMemory'), add('accepts')),
    times:
      times.length === 0 ? '' : `${formatTime(median(times))} / ${formatTime(Math.max(...times))}`,
    countBreaches: (...rules: readonly Rule[]) =>
      format(breaches.filter(({ rule }) => rules.includes(rule)).length),
    silence: Math.max(0, ...counted.map(({ tally }) => tally.longestSilence)),
  };
}

type Total = Exclude<keyof Round['tally'], 'revocationTimes'>;

function formatShare(part: number, all: number): string {
  return all === 0 ? 'nobody follows' : `${Math.floor((100 * part) / all)} %`;
}

function formatTime(milliseconds: number): string {
  return milliseconds < 1_000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function format(value: number): string {
  return value.toLocaleString('en');
}
