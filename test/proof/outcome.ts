import type { Rule } from './checker.ts';
import type { Fault } from './fault.ts';
import { formatTable } from './format-table.ts';
import type { Round } from './round.ts';
import type { Tally } from './tally.ts';

/** Everything that was played of a fault. */
export type Outcome = ReturnType<typeof createOutcome>;

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

/** Formats a row for each fault as Markdown. Breaches are those of all rounds, other numbers of those that count. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  const sum = (name: keyof Tally) => (outcome: Outcome) =>
    format(listCounted(outcome).reduce((total, { tally }) => total + tally[name], 0));
  const breaches =
    (...rules: readonly Rule[]) =>
    ({ played }: Outcome) => {
      const all = played.flatMap((round) => round.breaches);
      return format(all.filter(({ rule }) => rules.includes(rule)).length);
    };
  const times = (['before', 'during', 'after'] as const).map(sum);
  return formatTable(outcomes, [
    ['fault', ({ fault }) => fault.title],
    ['rounds', formatRounds],
    ['acknowledged revocations', sum('acknowledged')],
    ['checks', sum('checks')],
    ['lost', breaches('lost')],
    ['false refusals', breaches('false_refusal')],
    ['wrong or no answers', breaches('wrong_answer', 'no_answer')],
    ['requests before / during / after', (all) => times.map((count) => count(all)).join(' / ')],
    ['longest unavailability', formatSilence],
    ['late acceptances (latest / allowed)', formatLateness],
  ]);
}

function formatRounds(outcome: Outcome): string {
  const repeated = countRepeated(outcome);
  const again = repeated > 0 ? ` (${repeated} again)` : '';
  return outcome.notHere ?? `${listCounted(outcome).length}${again}`;
}

function formatSilence(outcome: Outcome): string {
  const silences = listCounted(outcome).map(({ tally }) => tally.longestSilence);
  return `${(Math.max(0, ...silences) / 1_000).toFixed(1)} s`;
}

function formatLateness(outcome: Outcome): string {
  const lateness = listCounted(outcome).flatMap((round) => round.lateness);
  const latest = Math.round(Math.max(0, ...lateness));
  return `${format(lateness.length)} (${format(latest)} / ${format(outcome.fault.allowance)} ms)`;
}

function format(value: number): string {
  return value.toLocaleString('en');
}
