/** A fault, struck round after round on one deployment. */
import type { Owner } from '../helpers/owner.ts';
import { breachText } from './breach-text.ts';
import { findBreaches } from './checker.ts';
import type { Fault, Target } from './fault.ts';
import type { HeldSession } from './held-session.ts';
import { createRecorder, isAcknowledged, type Operation } from './history.ts';
import { addRound, emptyOutcome, type Outcome } from './outcome.ts';
import { playRound, type Round } from './round.ts';
import { sweep } from './sweep.ts';
import { REVOCATIONS } from './tally.ts';

export interface Play {
  readonly owner: Owner;
  readonly rounds: number;
  /** Told how many rounds are over. */
  readonly progress: (over: number) => void;
  /** Keeps a history for people to look at; answers where. */
  readonly keep: (name: string, history: readonly Operation[]) => Promise<string>;
  /** Tells people what happened meanwhile. */
  readonly tell: (text: string) => void;
}

/** Of so many rounds that do not count, no more are played: the fault cannot be shown on this machine. */
const MOST_REPEATED = 5;

/** Strikes the fault until so many rounds count, and at the end tries again all that was ever revoked. */
export async function playFault(fault: Fault, play: Play): Promise<Outcome> {
  const past = createPast();
  let outcome = emptyOutcome(fault);
  try {
    const target = await fault.open(play.owner);
    while (outcome.rounds < play.rounds && outcome.repeated <= MOST_REPEATED) {
      const round = await playRound(fault, target);
      past.add(round);
      const faults = await faultsOf(round, `${fault.name}, round ${outcome.rounds + 1}`, play);
      outcome = addRound(outcome, round, [...faults, ...(target.findings?.(round.history) ?? [])]);
      if (round.shortfall !== undefined) play.tell(`${fault.name}: again, ${round.shortfall}`);
      play.progress(outcome.rounds);
    }
    return { ...outcome, faults: [...outcome.faults, ...(await past.faults(fault, target))] };
  } catch (error) {
    const broke = `${fault.name} broke off: ${(error as Error).message}`;
    play.tell(broke);
    return { ...outcome, faults: [...outcome.faults, broke] };
  }
}

/** The first breach of a round in full, and where its history is. */
async function faultsOf(round: Round, name: string, { keep, tell }: Play): Promise<string[]> {
  const [first] = round.breaches;
  if (first === undefined) return [];
  const place = await keep(name, round.history);
  tell(`${name}: ${breachText(first, round)}\n  The whole history is in ${place}`);
  return [`${name}: ${round.breaches.map(({ rule }) => rule).join(', ')} (${place})`];
}

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
