import type { Outcome } from './outcome.ts';

const COLUMNS: Readonly<Record<string, (outcome: Outcome) => string>> = {
  fault: ({ fault }) => fault.title,
  rounds: ({ rounds, repeated, notHere }) =>
    notHere ?? `${rounds}${repeated > 0 ? ` (${repeated} again)` : ''}`,
  'acknowledged revocations': ({ acknowledged }) => count(acknowledged),
  checks: ({ checks }) => count(checks),
  lost: ({ breaches }) => count(breaches.lost),
  'false refusals': ({ breaches }) => count(breaches.false_refusal),
  'wrong or no answers': ({ breaches }) => count(breaches.wrong_answer + breaches.no_answer),
  'requests before / during / after': ({ before, during, after }) =>
    [before, during, after].map(count).join(' / '),
  'longest unavailability': ({ longestSilence }) => `${(longestSilence / 1_000).toFixed(1)} s`,
  'late acceptances (latest / allowed)': ({ fault, late, latest }) =>
    `${count(late)} (${count(Math.round(latest))} / ${count(fault.allowance)} ms)`,
};

/** A row for each fault, as Markdown. */
export function outcomeTable(outcomes: readonly Outcome[]): string[] {
  const names = Object.keys(COLUMNS);
  const rows = outcomes.map((outcome) => Object.values(COLUMNS).map((cell) => cell(outcome)));
  return [names, names.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function count(value: number): string {
  return value.toLocaleString('en');
}
