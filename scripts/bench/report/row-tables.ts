/** Tables of the rows. */
import type { Measured, ReportedRow, Results } from '../results.ts';
import { HOT_AT_50, MEASURES, type Measure, USUAL_ENTRIES } from '../rows.ts';
import * as format from './format.ts';
import * as statistics from './statistics.ts';
import { findNearest } from './targets.ts';

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
function figures(...titles: readonly Title[]): readonly FigureColumn[] {
  return titles.map((title) => {
    const [spell, metric] = FIGURES[title];
    return right(title, ({ runs }) => spell(median(runs.map(metric))));
  });
}

/** Returns true for a row that varies the number of revoked entries: it has a table of its own. */
export function variesEntries({ entries }: Pick<ReportedRow, 'entries'>): boolean {
  return entries !== USUAL_ENTRIES;
}

function isIntrospection({ id }: ReportedRow): boolean {
  return id.startsWith('introspect');
}

/** All rows with known tokens at 50 connections, each compared with rescind. */
export function overviewTable(results: Results): string {
  const rows = results.rows.filter((row) => !variesEntries(row) && !isIntrospection(row));
  const lines = rows.map((row) => findLine(results, row));
  return formatTable(lines, [
    left('Row', ({ name }) => name),
    ...figures(...ALL),
    right('rescind ÷ it', ({ compared }) => ratio(compared)),
    left('Configuration', ({ skipped, configuration }) => skipped ?? configuration),
  ]);
}

const OTHER_MEASURES = [MEASURES['one connection'], MEASURES['fixed rate'], MEASURES.cold];

/** Rows that were measured under other loads, or with new tokens. */
export function loadTable(results: Results): string {
  const lines = OTHER_MEASURES.flatMap((measure) =>
    results.rows.map((row) => findLine(results, row, measure)),
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

/** Names the peer that checks revocation and comes nearest. */
export function headline(results: Results): string {
  const nearest = findNearest(results);
  if (nearest === undefined) return 'No peer that checks revocation was measured beside rescind.';
  return `Smallest ratio to a peer that checks revocation: ${ratio(nearest)} (${nearest.name}).`;
}

/** Names the commands of a follower that belong to no request. */
export function followerTraffic(results: Results): string {
  const runs = select(results, 'following');
  const [getMores, writes] = (['getMoresPerSecond', 'writesPerSecond'] as const).map((name) =>
    median(runs.map((run) => run[name] ?? Number.NaN)),
  );
  if (Number.isNaN(getMores ?? Number.NaN)) return '';
  return `Of no request, and not among the reads: the feed of "rescind" asked by ${short(getMores)} getMores a second, and it wrote ${short(writes)} times a second, mostly renewals of its lease.`;
}

export function introspectionTable(results: Results): string {
  const rows = results.rows.filter(isIntrospection);
  const lines = rows.map((row) => findLine(results, row, MEASURES.introspection));
  return formatTable(lines, [
    left('POST /oauth/introspect', ({ name }) => name),
    ...figures(...ALL),
    right('rescind ÷ it', ({ compared }) => ratio(compared)),
    left('Configuration', ({ skipped, configuration }) => skipped ?? configuration),
  ]);
}

export function revokedEntriesTable(results: Results): string {
  const varied = results.rows.filter((row) => row.id === 'following' || variesEntries(row));
  const rows = varied.some(variesEntries) ? varied.sort((a, b) => a.entries - b.entries) : [];
  const lines = rows.map((row) => findLine(results, row));
  return formatTable(lines, [
    right('Entries', ({ entries }) => whole(entries)),
    ...figures('requests/s', 'p50 ms', 'p99 ms'),
    right('÷ fewest entries', ({ runs }) => ratio(compare(runs, lines[0]?.runs))),
  ]);
}

/** Finds the measurements of a row, and compares them with those of the row of rescind that does as much. */
function findLine(results: Results, row: ReportedRow, measure: Measure = HOT_AT_50) {
  const runs = select(results, row.id, measure);
  const rescind = select(results, row.comparedWith ?? '', measure);
  return { ...row, ...measure, runs, compared: compare(rescind, runs) };
}
