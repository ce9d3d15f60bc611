import { readFileSync } from 'node:fs';
import type { Results } from '../results.ts';
import { PATTERNS } from '../rows.ts';
import * as experiments from './experiment-tables.ts';
import { short } from './format.ts';
import * as rowTables from './row-tables.ts';
import { targetTable } from './targets.ts';

/** The report, with the names of tables in braces. */
const TEMPLATE = readFileSync('scripts/bench/report/template.md', 'utf8');

const TABLES: Readonly<Record<string, (results: Results) => string>> = {
  overview: rowTables.overviewTable,
  headline: rowTables.headline,
  traffic: rowTables.followerTraffic,
  loads: rowTables.loadTable,
  introspection: rowTables.introspectionTable,
  revokedEntries: rowTables.revokedEntriesTable,
  logouts: experiments.logoutTable,
  atRest: experiments.atRestTable,
  profiles: experiments.profileTables,
  memory: experiments.memoryTable,
  storage: experiments.storageTable,
  targets: targetTable,
  failures: listFailures,
};

/** Formats all results as Markdown. A section of the template is left out when its table is empty. */
export function tables(results: Results): string {
  const parts = describe(results);
  for (const [name, format] of Object.entries(TABLES)) parts[name] = format(results);
  const sections = TEMPLATE.split(/\n\n(?=## )/)
    .filter((section) => parts[/^\{(\w+)\}/m.exec(section)?.[1] ?? ''] !== '')
    .map((section) => section.replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? '').trimEnd());
  return `${sections.join('\n\n').trim()}\n`;
}

/** Describes the machine, the method and the versions. */
function describe(results: Results): Record<string, string> {
  const { machine, started, versions } = results;
  const { processor, cores, memoryGb, system, pinning, loadAverages } = machine;
  return {
    quick: results.quick ? ' (quick)' : '',
    when: started.slice(0, 16).replace('T', ' '),
    minutes: `${Math.ceil(results.minutes)}`,
    machine: `${processor}, ${cores} cores, ${memoryGb} GB, ${system}`,
    pinning,
    loadAverages: loadAverages.map(short).join(', ') || 'there was no round',
    method: describeMethod(results),
    tokens: list(PATTERNS, ': ', '; '),
    versions: list(versions, ' ', ', '),
  };
}

function describeMethod({ rounds, seconds, leadIn, warmUp }: Results): string {
  const run = `${seconds} s a run, ${leadIn} s before each that do not count; each server is started for its turn, alone, and warmed up for ${warmUp} s`;
  if (rounds === 1) return `one round of ${run}; it cannot tell luck from speed`;
  return `${rounds} rounds of ${run}; medians over the rounds; a ratio is taken within each round, and its median is not told where the rounds (the middle three of five) differ by more than 25 %`;
}

function list(texts: Readonly<Record<string, string>>, between: string, after: string): string {
  const pairs = Object.entries(texts).map((pair) => pair.join(between));
  return pairs.join(after);
}

function listFailures({ failures }: Results): string {
  const lines = Object.entries(failures).map(([id, error]) => `- ${id}: ${error}`);
  return lines.join('\n');
}
