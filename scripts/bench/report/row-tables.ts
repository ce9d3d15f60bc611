/** Tables of the rows and of the other endpoints. */
import {
  ENDPOINTS,
  type Endpoint,
  type Measured,
  type ReportedRow,
  type Results,
} from '../results.ts';
import { HOT_AT_50, LOAD_NAMES, type Measure, type Pattern } from '../rows.ts';
import * as format from './format.ts';
import * as statistics from './statistics.ts';

const { left, right, ratio, whole, short } = format;

const FIGURES: readonly (readonly [string, (value: number) => string, statistics.Metric])[] = [
  ['requests/s', whole, statistics.perSecond],
  ['CPU µs/request', whole, statistics.cpuPerRequest],
  ['server busy', format.percent, statistics.serverBusy],
  ['p50 ms', short, ({ p50 }) => p50],
  ['p99 ms', short, ({ p99 }) => p99],
  ['reads/request', short, statistics.readsPerRequest],
];

const ENDPOINT_NAMES: Readonly<Record<Endpoint, string>> = {
  me: '`GET /api/auth/me`',
  introspect: '`POST /oauth/introspect`',
  sessions: '`GET /api/auth/sessions`, 5 of them',
  refresh: '`POST /api/auth/refresh`',
};

/** Makes columns with the medians of a row's measurements; all figures unless some are named. */
function figures<Row>(find: (row: Row) => readonly Measured[], ...titles: readonly string[]) {
  const wanted = FIGURES.filter(([title]) => titles.length === 0 || titles.includes(title));
  return wanted.map(([title, format, metric]) =>
    right<Row>(title, (row) => format(statistics.median(find(row).map(metric)))),
  );
}

/** Tells rows that differ only in how much has been revoked; they have a table of their own. */
export function variesEntries({ id }: Pick<ReportedRow, 'id'>): boolean {
  return id.startsWith('revoked-');
}

/** All rows with known tokens at 50 connections, each compared with rescind. */
export function overviewTable(results: Results): string {
  const rows = results.rows.filter((row) => !variesEntries(row));
  return format.formatTable(rows, [
    left('Row', ({ name }) => name),
    ...figures<ReportedRow>(({ id }) => statistics.select(results, id)),
    right('rescind ÷ it', (row) => ratio(compareWithRescind(results, row))),
    left('Configuration', ({ skipped, configuration }) => skipped ?? configuration),
  ]);
}

/** Rows that were measured by more than one load or pattern. */
export function loadTable(results: Results): string {
  type Line = Measure & { row: ReportedRow };
  const find = ({ row, ...measure }: Line) => statistics.select(results, row.id, measure);
  const isCold = ({ id }: ReportedRow) =>
    results.runs.some(({ row, pattern }) => row === id && pattern === 'cold');
  const rows = results.rows.filter(isCold);
  const lines = (['hot', 'cold'] as const).flatMap((pattern) =>
    LOAD_NAMES.flatMap((load) => rows.map((row) => ({ row, load, pattern }))),
  );
  return format.formatTable<Line>(
    lines.filter((line) => find(line).length > 0),
    [
      left('Tokens', ({ pattern }) => pattern),
      left('Load', ({ load }) => load),
      left('Row', ({ row }) => row.name),
      ...figures(find),
      right('rescind ÷ it', ({ row, ...measure }) => {
        if (measure.load === '200/s') return format.NOT_MEASURED;
        return ratio(compareWithRescind(results, row, measure));
      }),
    ],
  );
}

/** Names the peer that checks revocation and comes nearest: the largest ratio would name a slow peer. */
export function headline(results: Results): string {
  const strict = results.rows.filter(({ isPeer, checks }) => isPeer && checks === 'revocation');
  const [nearest] = strict
    .map((row) => ({ name: row.name, figure: compareWithRescind(results, row) }))
    .filter(({ figure }) => figure !== undefined)
    .sort((a, b) => (a.figure?.median ?? 0) - (b.figure?.median ?? 0));
  if (nearest === undefined) return 'No peer that checks revocation was measured.';
  const { name, figure } = nearest;
  return `Smallest ratio to a peer that checks revocation: ${ratio(figure)} (${name}).`;
}

/** Throughput by number of revoked entries. */
export function revokedEntriesTable(results: Results): string {
  const rows = results.rows
    .filter((row) => row.id === 'strict' || variesEntries(row))
    .sort((a, b) => a.entries - b.entries);
  const find = ({ id }: ReportedRow) => statistics.select(results, id);
  const fewest = rows.slice(0, 1).flatMap(find);
  return format.formatTable(rows, [
    right('Entries', ({ entries }) => whole(entries)),
    ...figures(find, 'requests/s', 'p50 ms', 'p99 ms'),
    right('÷ fewest entries', (row) => ratio(statistics.compare(find(row), fewest))),
  ]);
}

/** Throughput by share of revoked tokens. */
export function revokedShareTable(results: Results): string {
  const find = (pattern: Pattern) =>
    statistics.select(results, 'strict', { ...HOT_AT_50, pattern });
  return format.formatTable<Pattern>(
    ['hot', '1 % revoked', '50 % revoked'],
    [
      left('Tokens', (pattern) => (pattern === 'hot' ? 'none revoked' : pattern)),
      ...figures(find, 'requests/s', 'CPU µs/request'),
      right('÷ none revoked', (pattern) => ratio(statistics.compare(find(pattern), find('hot')))),
    ],
  );
}

/** The other endpoints beside `/me` on the same server. */
export function endpointTable({ endpoints }: Results): string {
  const find = (endpoint: Endpoint) => endpoints.filter((each) => each.endpoint === endpoint);
  return format.formatTable(ENDPOINTS, [
    left('Endpoint', (endpoint) => ENDPOINT_NAMES[endpoint]),
    ...figures(find, 'requests/s', 'p50 ms', 'p99 ms', 'reads/request'),
    right('÷ /me', (endpoint) => ratio(statistics.compare(find(endpoint), find('me')))),
  ]);
}

function compareWithRescind(results: Results, row: ReportedRow, measure: Measure = HOT_AT_50) {
  const rescind = statistics.select(results, row.comparedWith ?? '', measure);
  return statistics.compare(rescind, statistics.select(results, row.id, measure));
}
