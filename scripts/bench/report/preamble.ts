import { PATTERNS } from '../loads.ts';
import type { Results } from '../results.ts';
import { short } from './format.ts';

/** Where, when, how and what was measured. */
export function preamble(results: Results): string {
  const { machine, quick, minutes } = results;
  const { processor, cores, memoryGb, system, pinning, loadAverages } = machine;
  const when = results.started.slice(0, 16).replace('T', ' ');
  const facts = {
    machine: `${processor}, ${cores} cores, ${memoryGb} GB, ${system}`,
    processors: pinning,
    'load average before each round': loadAverages.map(short).join(', ') || 'there was no round',
    method: method(results),
    tokens: listed(PATTERNS, ': ', '; '),
    versions: listed(results.versions, ' ', ', '),
  };
  const title = `# Bench${quick ? ' (quick)' : ''}, ${when} UTC, ${Math.ceil(minutes)} minutes`;
  return [title, '', ...Object.entries(facts).map(([name, text]) => `- ${name}: ${text}`)].join(
    '\n',
  );
}

function method({ rounds, seconds, leadIn, warmUp }: Results): string {
  const run = `${seconds} s a run, ${leadIn} s before each that do not count; each server is started for its turn, alone, and warmed up for ${warmUp} s`;
  if (rounds === 1) return `one round of ${run}; it cannot tell luck from speed`;
  return `${rounds} rounds of ${run}; medians over the rounds; a ratio is taken within each round, and its median is not told where the rounds (the middle three of five) differ by more than 25 %`;
}

function listed(
  texts: Readonly<Record<string, string>>,
  between: string,
  separator: string,
): string {
  return Object.entries(texts)
    .map((pair) => pair.join(between))
    .join(separator);
}
