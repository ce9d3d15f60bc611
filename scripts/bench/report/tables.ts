import { readFileSync } from 'node:fs';
import type { Results } from '../results.ts';
import { PATTERNS, type Pattern } from '../rows.ts';
import * as experiments from './experiment-tables.ts';
import { short } from './format.ts';
import * as rowTables from './row-tables.ts';
import { targetTable } from './targets.ts';

/** The report, with the names of tables in braces. */
const TEMPLATE = readFileSync('scripts/bench/report/template.md', 'utf8');

const REAL_SERVER =
  'The real server (server/main.js) on all processors, with one password thread for each but one, by the native bcrypt where the versions above have it; users of one address.';

/** Formats all results as Markdown. A section of the template is left out when its table is empty. */
export function tables(results: Results): string {
  const parts = new Map(Object.entries({ ...describe(results), ...fillTables(results) }));
  const sections = TEMPLATE.split(/\n\n(?=## )/)
    .filter((section) => parts.get(/^\{(\w+)\}/m.exec(section)?.[1] ?? '') !== '')
    .map((section) => section.replace(/\{(\w+)\}/g, (_, name) => parts.get(name) ?? ''));
  return `${sections.join('\n\n').trim()}\n`;
}

function fillTables(results: Results): Readonly<Record<string, string>> {
  const { rows, runs, endpoints, logins, besideLogins, storage, failures } = results;
  const hasPattern = (name: Pattern) => runs.some(({ pattern }) => pattern === name);
  const fill = (isMeasured: boolean, table: (results: Results) => string) =>
    isMeasured ? table(results) : '';
  return {
    overview: fill(rows.length > 0, rowTables.overviewTable),
    headline: rowTables.headline(results),
    loads: fill(hasPattern('cold'), rowTables.loadTable),
    revokedEntries: fill(rows.some(rowTables.variesEntries), rowTables.revokedEntriesTable),
    revokedShares: fill(hasPattern('1 % revoked'), rowTables.revokedShareTable),
    endpoints: fill(endpoints.length > 0, rowTables.endpointTable),
    logins: fill(logins.length > 0, experiments.loginTable),
    besideLogins: fill(besideLogins.length > 0, experiments.besideLoginsTable),
    memory: fill(results.memory.length > 0, experiments.memoryTable),
    storage: fill(storage.length > 0, experiments.storageTable),
    targets: targetTable(results),
    failures: list(failures, ': ', '\n', '- '),
  };
}

/** Describes the machine, the method and the versions. */
function describe(results: Results): Readonly<Record<string, string>> {
  const { machine, started, endpointsStarted = '', versions } = results;
  const { processor, cores, memoryGb, system, pinning, loadAverages } = machine;
  const ownRun = ` In a run of its own (\`npm run bench -- --rows endpoints\`), started ${endpointsStarted.slice(0, 16)} UTC.`;
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
    realServer: REAL_SERVER,
    ownRun: endpointsStarted === '' ? '' : ownRun,
  };
}

function describeMethod({ rounds, seconds, leadIn, warmUp }: Results): string {
  const run = `${seconds} s a run, ${leadIn} s before each that do not count; each server is started for its turn, alone, and warmed up for ${warmUp} s`;
  if (rounds === 1) return `one round of ${run}; it cannot tell luck from speed`;
  return `${rounds} rounds of ${run}; medians over the rounds; a ratio is taken within each round, and its median is not told where the rounds (the middle three of five) differ by more than 25 %`;
}

function list(
  texts: Readonly<Record<string, string>>,
  between: string,
  after: string,
  before = '',
) {
  const pairs = Object.entries(texts).map((pair) => before + pair.join(between));
  return pairs.join(after);
}
