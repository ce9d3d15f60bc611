/** A fault, struck round after round on one deployment. */
import type { Scope } from '../helpers/scope.ts';
import { breachText } from './breach-text.ts';
import { findBreaches } from './checker.ts';
import { type Fault, NotHere, type Target } from './fault.ts';
import type { HeldSession } from './held-session.ts';
import { createRecorder, isAcknowledged, type Operation } from './history.ts';
import { addRound, emptyOutcome, type Outcome } from './outcome.ts';
import { createOwner } from './own-owner.ts';
import { playRound, type Round, StrikeFailed } from './round.ts';
import { sweep } from './sweep.ts';
import { REVOCATIONS } from './tally.ts';

export interface Play {
  readonly owner: Scope;
  readonly rounds: number;
  /** Told how many rounds are over. */
  readonly progress: (over: number) => void;
  /** Keeps a history for people to look at; answers where. */
  readonly keep: (name: string, history: readonly Operation[]) => Promise<string>;
  /** Tells people what happened meanwhile. */
  readonly tell: (text: string) => void;
}

/** Where more rounds than this have to be played again, the fault cannot be shown on this machine. */
const mostRepeated = (rounds: number) => 5 + rounds / 10;

/** Strikes the fault until so many rounds count. */
export async function playFault(fault: Fault, play: Play): Promise<Outcome> {
  let outcome = emptyOutcome(fault);
  while (isOn(outcome, play)) outcome = await playOn(outcome, play);
  return outcome;
}

function isOn({ rounds, repeated, notHere }: Outcome, play: Play): boolean {
  return notHere === undefined && rounds < play.rounds && repeated <= mostRepeated(play.rounds);
}

/** Rounds on one deployment, as many as are missing, or until one breaks off; in the end all that was ever revoked is tried again. */
async function playOn(begun: Outcome, play: Play): Promise<Outcome> {
  const { fault } = begun;
  const owner = createOwner(play.owner);
  const past = createPast();
  let outcome = begun;
  try {
    const target = await fault.open(owner);
    while (isOn(outcome, play)) outcome = await playOne(outcome, target, past, play);
    return { ...outcome, faults: [...outcome.faults, ...(await past.faults(fault, target))] };
  } catch (error) {
    return brokenOff(outcome, error as Error, play);
  } finally {
    await owner.end();
  }
}

/** Where the harm itself could not be done, nothing is shown and nothing is wrong; everything else must not be. */
function brokenOff(outcome: Outcome, error: Error, { tell }: Play): Outcome {
  if (error instanceof NotHere) return { ...outcome, notHere: error.message };
  const message = `${outcome.fault.name}: ${error.message}`;
  tell(`${message}; again, on a fresh deployment`);
  const faults = error instanceof StrikeFailed ? [] : [message];
  const { repeated } = outcome;
  return { ...outcome, repeated: repeated + 1, faults: [...outcome.faults, ...faults] };
}

async function playOne(outcome: Outcome, target: Target, past: Past, play: Play): Promise<Outcome> {
  const { name } = outcome.fault;
  const round = await playRound(outcome.fault, target);
  past.add(round);
  const found = target.findings?.(round.history) ?? [];
  const faults = await faultsOf(round, `${name}, round ${outcome.rounds + 1}`, play);
  const next = addRound(outcome, round, [...faults, ...found]);
  if (round.shortfall !== undefined) play.tell(`${name}: again, ${round.shortfall}`);
  play.progress(next.rounds);
  return next;
}

/** The first breach of a round in full, and where its history is. */
async function faultsOf(round: Round, name: string, { keep, tell }: Play): Promise<string[]> {
  const [first] = round.breaches;
  if (first === undefined) return [];
  const place = await keep(name, round.history);
  tell(`${name}: ${breachText(first, round)}\n  The whole history is in ${place}`);
  return [`${name}: ${round.breaches.map(({ rule }) => rule).join(', ')} (${place})`];
}

type Past = ReturnType<typeof createPast>;

/** What earlier rounds have revoked stays revoked, whatever is done to the database later. */
function createPast() {
  const operations: Operation[] = [];
  const sessions: HeldSession[] = [];

  return {
    add(round: Round): void {
      const matters = (each: Operation) =>
        each.kind === 'login' ? isAcknowledged(each) : REVOCATIONS.has(each.kind);
      operations.push(...round.history.filter(matters));
      sessions.push(...round.sessions.filter(({ state }) => state === 'revoked'));
    },

    async faults({ name, mayBreakOff = false }: Fault, { servers }: Target): Promise<string[]> {
      const recorder = createRecorder();
      const undecided = await sweep(recorder, servers, sessions);
      const breaches = findBreaches([...operations, ...recorder.history], { mayBreakOff });
      return [
        ...(undecided > 0 ? [`${name}: ${undecided} sessions could not be tried at the end`] : []),
        ...breaches.map(
          ({ rule, operation }) => `${name}, at the end: ${rule} ${operation.session}`,
        ),
      ];
    },
  };
}
