import type { Results } from '../results.ts';
import { endpointTable } from './endpoint-table.ts';
import {
  besideLoginsTable,
  loginTable,
  memoryTable,
  revokedEntriesTable,
  revokedShareTable,
  storageTable,
} from './experiment-tables.ts';
import { preamble } from './preamble.ts';
import { headline, loadTable, overviewTable } from './row-tables.ts';
import { variesEntries } from './select.ts';
import { targetTable } from './targets.ts';

interface Section {
  readonly title: string;
  readonly table: (results: Results) => string;
  /** What the reader has to know of it. */
  readonly note?: (results: Results) => string;
  readonly isThere: (results: Results) => boolean;
}

const REAL_SERVER =
  'The real server (server/main.js) on all processors, with one password thread for each but one, by the native bcrypt where the versions above have it; users of one address.';

const SECTIONS: readonly Section[] = [
  {
    title: 'All rows, known tokens, 50 connections',
    table: overviewTable,
    note: (results) =>
      [
        headline(results),
        'Server busy: share of one processor that the server process used; a row well under 100 % is bound by what it waits for.',
        'Reads: finds and aggregates that MongoDB counted. Each row is compared with the row of rescind that loads a user where it does.',
      ].join('\n'),
    isThere: ({ rows }) => rows.length > 0,
  },
  {
    title: 'By load and token pattern',
    table: loadTable,
    note: () =>
      'At 200/s (open loop) latency counts from the time a request was due, whether or not the ones before had been answered.',
    isThere: (results) => hasPattern(results, 'cold'),
  },
  {
    title: 'By number of revoked entries',
    table: revokedEntriesTable,
    isThere: ({ rows }) => rows.some(variesEntries),
  },
  {
    title: 'By share of revoked tokens',
    table: revokedShareTable,
    note: () => 'Every revoked token was answered 401, and every other one 200.',
    isThere: (results) => hasPattern(results, '1 % revoked'),
  },
  {
    title: 'Other endpoints, 50 connections',
    table: endpointTable,
    note: ({ endpointsStarted: started }) =>
      started === undefined
        ? REAL_SERVER
        : `${REAL_SERVER} In a run of its own (\`npm run bench -- --rows endpoints\`), started ${started.slice(0, 16)} UTC.`,
    isThere: ({ endpoints }) => endpoints.length > 0,
  },
  {
    title: 'Logins alone',
    table: loginTable,
    note: () => REAL_SERVER,
    isThere: ({ logins }) => logins.length > 0,
  },
  {
    title: '/me at 200 requests/s beside logins',
    table: besideLoginsTable,
    note: () => REAL_SERVER,
    isThere: ({ besideLogins }) => besideLogins.length > 0,
  },
  {
    title: 'Memory of the server process',
    table: memoryTable,
    note: () =>
      'After a garbage collection, against the same process before; row "rescind, strict".',
    isThere: ({ memory }) => memory.length > 0,
  },
  {
    title: 'Storage of revoked_tokens',
    table: storageTable,
    note: () => 'Half of the entries are of tokens, half of sessions, as logouts leave them.',
    isThere: ({ storage }) => storage.length > 0,
  },
  { title: 'Targets', table: targetTable, isThere: () => true },
  {
    title: 'Failures',
    table: ({ failures }) =>
      Object.entries(failures)
        .map(([id, message]) => `- ${id}: ${message}`)
        .join('\n'),
    isThere: ({ failures }) => Object.keys(failures).length > 0,
  },
];

/** Everything that was found, as Markdown. A function of the results alone. */
export function tables(results: Results): string {
  const sections = SECTIONS.filter(({ isThere }) => isThere(results)).map(
    ({ title, table, note }) => {
      const parts = [`## ${title}`, table(results), ...(note ? [note(results)] : [])];
      return parts.join('\n\n');
    },
  );
  return `${[preamble(results), ...sections].join('\n\n')}\n`;
}

function hasPattern({ runs }: Results, name: string): boolean {
  return runs.some(({ pattern }) => pattern === name);
}
