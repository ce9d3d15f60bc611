import type { Rule } from './checker.ts';
import type { Fault } from './fault.ts';
import type { Round } from './round.ts';
import type { Tally } from './tally.ts';

/** What came of a fault, over all the rounds that count. */
export interface Outcome extends Tally {
  readonly fault: Fault;
  readonly rounds: number;
  /** Rounds that were played again because they did not count. */
  readonly repeated: number;
  /** Why the fault could not be struck on this machine. */
  readonly notHere?: string;
  /** Of all rounds, whether they count or not. */
  readonly breaches: Readonly<Record<Rule, number>>;
  /** Acceptances after an acknowledged revocation, and the latest of them, in milliseconds. */
  readonly late: number;
  readonly latest: number;
  /** One sentence for each thing that must not have been. */
  readonly faults: readonly string[];
}

export function emptyOutcome(fault: Fault): Outcome {
  return {
    fault,
    rounds: 0,
    repeated: 0,
    acknowledged: 0,
    checks: 0,
    before: 0,
    during: 0,
    after: 0,
    longestSilence: 0,
    late: 0,
    latest: 0,
    breaches: { lost: 0, false_refusal: 0, wrong_answer: 0, no_answer: 0 },
    faults: [],
  };
}

/** A round that does not count adds nothing but what was wrong in it. */
export function addRound(outcome: Outcome, round: Round, faults: readonly string[]): Outcome {
  const breaches = { ...outcome.breaches };
  for (const { rule } of round.breaches) breaches[rule]++;
  const judged = { ...outcome, breaches, faults: [...outcome.faults, ...faults] };
  if (round.shortfall !== undefined) return { ...judged, repeated: outcome.repeated + 1 };
  return {
    ...judged,
    ...sum(outcome, round.tally),
    rounds: outcome.rounds + 1,
    late: outcome.late + round.lateness.length,
    latest: Math.max(outcome.latest, ...round.lateness),
  };
}

function sum(one: Tally, other: Tally): Tally {
  return {
    acknowledged: one.acknowledged + other.acknowledged,
    checks: one.checks + other.checks,
    before: one.before + other.before,
    during: one.during + other.during,
    after: one.after + other.after,
    longestSilence: Math.max(one.longestSilence, other.longestSilence),
  };
}
