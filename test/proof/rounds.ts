/** A fault, struck round after round on one deployment. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openScope } from '../helpers/scope.ts';
import { findBreaches } from './checker.ts';
import { type Fault, NotHere, StrikeFailed, type Target } from './fault.ts';
import { isAcknowledged, type Operation } from './history.ts';
import { playRound, type Round } from './round.ts';
import type { SectionContext } from './section.ts';
import { REVOCATIONS } from './tally.ts';
import { sweep } from './until-decided.ts';

export type Outcome = ReturnType<typeof createOutcome>;

/** Creates the record of everything that is played of a fault. */
export function createOutcome(fault: Fault) {
  return {
    fault,
    /** All rounds, whether they count or not. */
    played: [] as Round[],
    /** Rounds that broke off with an error. */
    brokenOff: 0,
    /** Reason why this machine cannot have the fault. */
    notHere: undefined as string | undefined,
    /** A sentence for each violation of the promise. */
    faults: [] as string[],
  };
}

export function listCounted({ played }: Outcome): readonly Round[] {
  return played.filter(({ shortfall }) => shortfall === undefined);
}

/** Counts the rounds that had to be played again. */
export function countRepeated(outcome: Outcome): number {
  return outcome.played.length - listCounted(outcome).length + outcome.brokenOff;
}

interface Play extends Pick<Required<SectionContext>, 'scope' | 'folder'> {
  /** Called after each round. */
  readonly progress: () => void;
}

/** Strikes the fault until its rounds count, on a fresh deployment where a round breaks off. */
export async function playFault(outcome: Outcome, play: Play): Promise<void> {
  while (isUnfinished(outcome)) {
    const scope = openScope(play.scope);
    try {
      await playOn(await outcome.fault.open(scope), outcome, play);
    } catch (error) {
      breakOff(outcome, error as Error);
    } finally {
      await scope.end();
    }
  }
}

/** Returns false too where so many rounds were repeated that this machine cannot show the fault. */
function isUnfinished(outcome: Outcome): boolean {
  const { rounds } = outcome.fault;
  const isMissing = outcome.notHere === undefined && listCounted(outcome).length < rounds;
  return isMissing && countRepeated(outcome) <= 5 + rounds / 10;
}

/** Plays the missing rounds on one deployment, and at the end tries again every session that was ever revoked. */
async function playOn(target: Target, outcome: Outcome, { progress, folder }: Play): Promise<void> {
  const { fault, played, faults } = outcome;
  const earlier = played.length;
  while (isUnfinished(outcome)) {
    const title = `${fault.name}, round ${listCounted(outcome).length + 1}`;
    const round = await playRound(fault, target);
    played.push(round);
    faults.push(...(await reportBreaches(title, round, folder)), ...round.faults);
    if (round.shortfall !== undefined) warn(`${fault.name}: again, ${round.shortfall}`);
    progress();
  }
  const rounds = played.slice(earlier);
  const sessions = rounds.flatMap((round) => round.sessions);
  const history = rounds.flatMap((round) => round.history.filter(opensOrRevokes));
  const revoked = sessions.filter(({ state }) => state === 'revoked');
  const undecided = await sweep(history, target.servers, revoked);
  if (undecided > 0) {
    faults.push(`${fault.name}: ${undecided} sessions could not be tried at the end`);
  }
  const { mayBreakOff } = fault;
  for (const { rule, operation } of findBreaches(history, { mayBreakOff })) {
    faults.push(`${fault.name}, at the end: ${rule} ${operation.session}`);
  }
}

function opensOrRevokes(operation: Operation): boolean {
  const { kind } = operation;
  if (kind === 'login') return isAcknowledged(operation);
  return REVOCATIONS.has(kind) || kind === 'revoke_everyone';
}

/** Reports the first breach of a round in full, and the file of its history: an operation a line, as JSON. */
async function reportBreaches(title: string, round: Round, folder: string): Promise<string[]> {
  const { breaches, history, fault } = round;
  const [first] = breaches;
  if (first === undefined) return [];
  const file = join(folder, `${title.replaceAll(/\W+/g, '-')}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, history.map((operation) => `${JSON.stringify(operation)}\n`).join(''));
  warn(`${title}: ${JSON.stringify({ ...first, fault })}; the whole history is in ${file}`);
  return [`${title}: ${breaches.map(({ rule }) => rule).join(', ')} (${file})`];
}

/** A harm that could not be done shows nothing; every other error violates the promise. */
function breakOff(outcome: Outcome, error: Error): void {
  if (error instanceof NotHere) {
    outcome.notHere = error.message;
    return;
  }
  const message = `${outcome.fault.name}: ${error.message}`;
  warn(`${message}; again, on a fresh deployment`);
  if (!(error instanceof StrikeFailed)) outcome.faults.push(message);
  outcome.brokenOff++;
}

function warn(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
