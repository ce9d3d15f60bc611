/** Tables of the rows and of the other endpoints. */
import { ENDPOINTS, type Measured, type ReportedRow, type Results } from '../results.ts';
import { HOT_AT_50, LOAD_NAMES, type Measure } from '../rows.ts';
import * as format from './format.ts';
import * as statistics from './statistics.ts';

const { formatTable, left, right, ratio, whole, short } = format;

const FIGURES: readonly (readonly [string, (value: number) => string, statistics.Metric])[] = [
  ['requests/s', whole, statistics.perSecond],
  ['CPU µs/request', whole, statistics.cpuPerRequest],
  ['server busy', format.percent, statistics.serverBusy],
  ['p50 ms', short, ({ p50 }) => p50],
  ['p99 ms', short, ({ p99 }) => p99],
  ['reads/request', short, statistics.readsPerRequest],
];

const ENDPOINT_NAMES = {
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

/** Returns true for a row that varies the number of revoked entries: it has a table of its own. */
export function variesEntries({ id }: Pick<ReportedRow, 'id'>): boolean {
  return id.startsWith('revoked-');
}

/** All rows with known tokens at 50 connections, each compared with rescind. */
export function overviewTable(results: Results): string {
  const rows = results.rows.filter((row) => !variesEntries(row));
  return formatTable(rows, [
    left('Row', ({ name }) => name),
    ...figures<ReportedRow>(({ id }) => statistics.select(results, id)),
    right('rescind ÷ it', (row) => ratio(compareWithRescind(results, row))),
    left('Configuration', ({ skipped, configuration }) => skipped ?? configuration),
  ]);
}

/** Rows that were measured by more than one load or pattern. */
export function loadTable(results: Results): string {
  const isCold = ({ id }: ReportedRow) =>
    results.runs.some(({ row, pattern }) => row === id && pattern === 'cold');
  const rows = results.rows.filter(isCold);
  const measures = ['hot', 'cold'].flatMap((pattern) =>
    LOAD_NAMES.map((load) => ({ load, pattern }) as Measure),
  );
  const lines = measures.flatMap((measure) => rows.map((row) => ({ row, measure })));
  const find = ({ row, measure }: (typeof lines)[number]) =>
    statistics.select(results, row.id, measure);
  const measured = lines.filter((line) => find(line).length > 0);
  return formatTable(measured, [
    left('Tokens', ({ measure }) => measure.pattern),
    left('Load', ({ measure }) => measure.load),
    left('Row', ({ row }) => row.name),
    ...figures(find),
    right('rescind ÷ it', ({ row, measure }) => {
      if (measure.load === '200/s') return format.NOT_MEASURED;
      return ratio(compareWithRescind(results, row, measure));
    }),
  ]);
}

/** Names the peer that checks revocation and comes nearest: the largest ratio would name a slow peer. */
export function headline(results: Results): string {
  const strict = results.rows.filter(({ isPeer, checks }) => isPeer && checks === 'revocation');
  const figures = strict.flatMap((row) => {
    const figure = compareWithRescind(results, row);
    return figure === undefined ? [] : [{ ...figure, name: row.name }];
  });
  const [nearest] = figures.sort((a, b) => a.median - b.median);
  if (nearest === undefined) return 'No peer that checks revocation was measured.';
  return `Smallest ratio to a peer that checks revocation: ${ratio(nearest)} (${nearest.name}).`;
}

export function revokedEntriesTable(results: Results): string {
  const varied = results.rows.filter((row) => row.id === 'strict' || variesEntries(row));
  const rows = varied.sort((a, b) => a.entries - b.entries);
  const find = ({ id }: ReportedRow) => statistics.select(results, id);
  const fewest = rows.slice(0, 1).flatMap(find);
  return formatTable(rows, [
    right('Entries', ({ entries }) => whole(entries)),
    ...figures(find, 'requests/s', 'p50 ms', 'p99 ms'),
    right('÷ fewest entries', (row) => ratio(statistics.compare(find(row), fewest))),
  ]);
}

export function revokedShareTable(results: Results): string {
  const find = (pattern: Measure['pattern']) =>
    statistics.select(results, 'strict', { ...HOT_AT_50, pattern });
  return formatTable(['hot', '1 % revoked', '50 % revoked'] as const, [
    left('Tokens', (pattern) => (pattern === 'hot' ? 'none revoked' : pattern)),
    ...figures(find, 'requests/s', 'CPU µs/request'),
    right('÷ none revoked', (pattern) => ratio(statistics.compare(find(pattern), find('hot')))),
  ]);
}

export function endpointTable({ endpoints }: Results): string {
  const find = (name: string) => endpoints.filter(({ endpoint }) => endpoint === name);
  return formatTable(ENDPOINTS, [
    left('Endpoint', (endpoint) => ENDPOINT_NAMES[endpoint]),
    ...figures(find, 'requests/s', 'p50 ms', 'p99 ms', 'reads/request'),
    right('÷ /me', (endpoint) => ratio(statistics.compare(find(endpoint), find('me')))),
  ]);
}

function compareWithRescind(results: Results, row: ReportedRow, measure: Measure = HOT_AT_50) {
  const rescind = statistics.select(results, row.comparedWith ?? '', measure);
  return statistics.compare(rescind, statistics.select(results, row.id, measure));
}
