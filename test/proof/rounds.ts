/** A fault, struck round after round on one deployment. */
import type { Scope } from '../helpers/scope.ts';
import { findBreaches } from './checker.ts';
import { describeBreach } from './describe-breach.ts';
import { type Fault, NotHere, type Target } from './fault.ts';
import { isAcknowledged, type Operation } from './history.ts';
import { countRepeated, listCounted, type Outcome } from './outcome.ts';
import { playRound, type Round, StrikeFailed } from './round.ts';
import { openScope } from './scope.ts';
import { sweep } from './sweep.ts';
import { REVOCATIONS } from './tally.ts';

export interface Play {
  readonly scope: Scope;
  /** Called with the number of rounds that are over. */
  readonly progress: (over: number) => void;
  /** Saves the history of a round; resolves to its file. */
  readonly save: (name: string, history: readonly Operation[]) => Promise<string>;
  readonly warn: (text: string) => void;
}

/** Strikes the fault until its rounds count, on a fresh deployment where a round breaks off. */
export async function playFault(fault: Fault, play: Play): Promise<Outcome> {
  const outcome: Outcome = { fault, played: [], brokenOff: 0, faults: [] };
  while (isUnfinished(outcome)) {
    const scope = openScope(play.scope);
    try {
      await playOn(await fault.open(scope), outcome, play);
    } catch (error) {
      breakOff(outcome, error as Error, play);
    } finally {
      await scope.end();
    }
  }
  return outcome;
}

/** Returns false too where so many rounds were repeated that this machine cannot show the fault. */
function isUnfinished(outcome: Outcome): boolean {
  const { rounds } = outcome.fault;
  const isMissing = outcome.notHere === undefined && listCounted(outcome).length < rounds;
  return isMissing && countRepeated(outcome) <= 5 + rounds / 10;
}

/** Plays the missing rounds on one deployment, and at the end tries again every session that was ever revoked. */
async function playOn(target: Target, outcome: Outcome, play: Play): Promise<void> {
  const { fault, played, faults } = outcome;
  const earlier = played.length;
  while (isUnfinished(outcome)) {
    const title = `${fault.name}, round ${listCounted(outcome).length + 1}`;
    const round = await playRound(fault, target);
    played.push(round);
    faults.push(...(await reportBreaches(title, round, play)), ...round.faults);
    if (round.shortfall !== undefined) play.warn(`${fault.name}: again, ${round.shortfall}`);
    play.progress(listCounted(outcome).length);
  }
  const rounds = played.slice(earlier);
  const revoked = rounds.flatMap(({ sessions }) => sessions).filter(isRevoked);
  const history: Operation[] = [];
  const undecided = await sweep(history, target.servers, revoked);
  if (undecided > 0) {
    faults.push(`${fault.name}: ${undecided} sessions could not be tried at the end`);
  }
  const past = rounds.flatMap((round) => round.history.filter(opensOrRevokes));
  const { mayBreakOff } = fault;
  for (const { rule, operation } of findBreaches([...past, ...history], { mayBreakOff })) {
    faults.push(`${fault.name}, at the end: ${rule} ${operation.session}`);
  }
}

function isRevoked({ state }: Round['sessions'][number]): boolean {
  return state === 'revoked';
}

function opensOrRevokes(operation: Operation): boolean {
  const { kind } = operation;
  return kind === 'login' ? isAcknowledged(operation) : REVOCATIONS.has(kind);
}

/** Reports the first breach of a round in full, and the file of its history. */
async function reportBreaches(
  title: string,
  round: Round,
  { save, warn }: Play,
): Promise<readonly string[]> {
  const [first] = round.breaches;
  if (first === undefined) return [];
  const file = await save(title, round.history);
  warn(`${title}: ${describeBreach(first, round)}\n  The whole history is in ${file}`);
  return [`${title}: ${round.breaches.map(({ rule }) => rule).join(', ')} (${file})`];
}

/** A harm that could not be done shows nothing; every other error violates the promise. */
function breakOff(outcome: Outcome, error: Error, { warn }: Play): void {
  if (error instanceof NotHere) {
    outcome.notHere = error.message;
    return;
  }
  const message = `${outcome.fault.name}: ${error.message}`;
  warn(`${message}; again, on a fresh deployment`);
  if (!(error instanceof StrikeFailed)) outcome.faults.push(message);
  outcome.brokenOff++;
}
