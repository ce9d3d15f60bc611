/** Tables of the rows. */
import type { Measured, ReportedRow, Results } from '../results.ts';
import { HOT_AT_50, LOAD_NAMES, type Measure } from '../rows.ts';
import * as format from './format.ts';
import * as statistics from './statistics.ts';

const { formatTable, left, NOT_MEASURED, right, ratio, whole, short } = format;
const { compare, median, select } = statistics;

/** A column over lines that have their measurements, one of each round. */
type FigureColumn = format.Column<{ readonly runs: readonly Measured[] }>;

const FIGURES = {
  'requests/s': [whole, statistics.perSecond],
  'CPU µs/request': [whole, statistics.cpuPerRequest],
  'server busy': [format.percent, statistics.serverBusy],
  'p50 ms': [short, ({ p50 }) => p50],
  'p99 ms': [short, ({ p99 }) => p99],
  'reads/request': [short, statistics.readsPerRequest],
} satisfies Record<string, readonly [typeof whole, statistics.Metric]>;

type Title = keyof typeof FIGURES;
const ALL = Object.keys(FIGURES) as Title[];

/** Makes columns with the medians of figures over the rounds. */
export function figures(...titles: readonly Title[]): readonly FigureColumn[] {
  return titles.map((title) => {
    const [spell, metric] = FIGURES[title];
    return right(title, ({ runs }) => spell(median(runs.map(metric))));
  });
}

/** Returns true for a row that varies the number of revoked entries: it has a table of its own. */
export function variesEntries({ id }: Pick<ReportedRow, 'id'>): boolean {
  return id.startsWith('revoked-');
}

/** All rows with known tokens at 50 connections, each compared with rescind. */
export function overviewTable(results: Results): string {
  const rows = results.rows.filter((row) => !variesEntries(row));
  const lines = rows.map((row) => findLine(results, row));
  return formatTable(lines, [
    left('Row', ({ name }) => name),
    ...figures(...ALL),
    right('rescind ÷ it', ({ compared }) => ratio(compared)),
    left('Configuration', ({ skipped, configuration }) => skipped ?? configuration),
  ]);
}

/** Rows that were measured with new tokens, by load and pattern. */
export function loadTable(results: Results): string {
  const isCold = ({ id }: ReportedRow) =>
    results.runs.some(({ row, pattern }) => row === id && pattern === 'cold');
  const rows = results.rows.filter(isCold);
  const lines = (['hot', 'cold'] as const).flatMap((pattern) =>
    LOAD_NAMES.flatMap((load) => rows.map((row) => findLine(results, row, { load, pattern }))),
  );
  const measured = lines.filter(({ runs }) => runs.length > 0);
  return formatTable(measured, [
    left('Tokens', ({ pattern }) => pattern),
    left('Load', ({ load }) => load),
    left('Row', ({ name }) => name),
    ...figures(...ALL),
    right('rescind ÷ it', (line) => (line.load === '200/s' ? NOT_MEASURED : ratio(line.compared))),
  ]);
}

/** Names the peer that checks revocation and comes nearest: the largest ratio would name a slow peer. */
export function headline(results: Results): string {
  const strict = results.rows.filter(({ isPeer, checks }) => isPeer && checks === 'revocation');
  const figures = strict.flatMap((row) => {
    const { name, compared } = findLine(results, row);
    return compared === undefined ? [] : [{ name, ...compared }];
  });
  const [nearest] = figures.sort((a, b) => a.median - b.median);
  if (nearest === undefined) return 'No peer that checks revocation was measured.';
  return `Smallest ratio to a peer that checks revocation: ${ratio(nearest)} (${nearest.name}).`;
}

export function revokedEntriesTable(results: Results): string {
  const varied = results.rows.filter((row) => row.id === 'strict' || variesEntries(row));
  const rows = varied.some(variesEntries) ? varied.sort((a, b) => a.entries - b.entries) : [];
  const lines = rows.map((row) => findLine(results, row));
  return formatTable(lines, [
    right('Entries', ({ entries }) => whole(entries)),
    ...figures('requests/s', 'p50 ms', 'p99 ms'),
    right('÷ fewest entries', ({ runs }) => ratio(compare(runs, lines[0]?.runs))),
  ]);
}

export function revokedShareTable(results: Results): string {
  const patterns = ['hot', '1 % revoked', '50 % revoked'] as const;
  const lines = patterns.map((pattern) => {
    return { pattern, runs: select(results, 'strict', { ...HOT_AT_50, pattern }) };
  });
  return formatTable(lines[1]?.runs.length ? lines : [], [
    left('Tokens', ({ pattern }) => (pattern === 'hot' ? 'none revoked' : pattern)),
    ...figures('requests/s', 'CPU µs/request'),
    right('÷ none revoked', ({ runs }) => ratio(compare(runs, lines[0]?.runs))),
  ]);
}

/** Finds the measurements of a row, and compares them with those of the row of rescind that does as much. */
function findLine(results: Results, row: ReportedRow, measure: Measure = HOT_AT_50) {
  const runs = select(results, row.id, measure);
  const rescind = select(results, row.comparedWith ?? '', measure);
  return { ...row, ...measure, runs, compared: compare(rescind, runs) };
}
