/** The tables of the rows: all of them at 50 connections, and some of them under every load. */
import { HOT_AT_50, LOADS, type LoadName, type Pattern } from '../loads.ts';
import type { ReportedRow, Results } from '../results.ts';
import type { Figure } from '../statistics.ts';
import { NOT_MEASURED, percent, ratio, short, whole } from './format.ts';
import { type Column, markdownTable } from './markdown-table.ts';
import {
  cpuPerRequest,
  medianOf,
  p50,
  p99,
  perSecond,
  ratioBetween,
  readsPerRequest,
  type Selection,
  serverBusy,
  variesEntries,
} from './select.ts';

const FIGURES: readonly Column[] = [
  'requests/s',
  'CPU µs/request',
  'server busy',
  'p50 ms',
  'p99 ms',
  'reads/request',
].map((title) => ({ title, align: 'right' }));

const RESCIND_TO_IT: Column = { title: 'rescind ÷ it', align: 'right' };

/** Every row with known tokens at 50 connections, and how many times as much rescind does. */
export function overviewTable(results: Results): string {
  const rows = results.rows.filter((row) => !variesEntries(row));
  const columns = [{ title: 'Row' }, ...FIGURES, RESCIND_TO_IT, { title: 'Configuration' }];
  return markdownTable(
    columns,
    rows.map((row) => {
      const selection = { row: row.id, ...HOT_AT_50 };
      const compared = ratio(comparison(results, row, selection));
      return [row.name, ...figures(results, selection), compared, row.skipped ?? row.configuration];
    }),
  );
}

/** The rows that were measured by more than one load or pattern. */
export function loadTable(results: Results): string {
  const patterns: readonly Pattern[] = ['hot', 'cold'];
  const selections = patterns.flatMap((pattern) =>
    (Object.keys(LOADS) as LoadName[]).flatMap((load) =>
      results.rows.map((row) => ({ row, selection: { row: row.id, load, pattern } })),
    ),
  );
  const several = new Set(
    results.runs.filter(({ pattern }) => pattern === 'cold').map(({ row }) => row),
  );
  const columns = [
    { title: 'Tokens' },
    { title: 'Load' },
    { title: 'Row' },
    ...FIGURES,
    RESCIND_TO_IT,
  ];
  return markdownTable(
    columns,
    selections
      .filter(({ row }) => several.has(row.id))
      .filter(({ selection }) => !Number.isNaN(medianOf(results, selection, perSecond)))
      .map(({ row, selection }) => {
        const compared =
          selection.load === '200/s' ? NOT_MEASURED : ratio(comparison(results, row, selection));
        const { pattern, load } = selection;
        return [pattern, load, row.name, ...figures(results, selection), compared];
      }),
  );
}

/**
 * Of the peers that check revocation: the one that comes nearest to the row of rescind that does as much.
 * The smallest ratio, because the largest one says only which peer is slow.
 */
export function headline(results: Results): string {
  const ratios = results.rows
    .filter(({ isPeer, checks }) => isPeer && checks === 'revocation')
    .flatMap((row) => {
      const figure = comparison(results, row, { row: row.id, ...HOT_AT_50 });
      return figure === undefined ? [] : [{ row, figure }];
    })
    .sort((a, b) => a.figure.median - b.figure.median);
  const [nearest] = ratios;
  if (nearest === undefined) return 'No peer that checks revocation was measured.';
  const { row, figure } = nearest;
  return `Smallest ratio to a peer that checks revocation: ${ratio(figure)} (${row.name}).`;
}

function figures(results: Results, selection: Selection): readonly string[] {
  const of = (metric: Parameters<typeof medianOf>[2]) => medianOf(results, selection, metric);
  return [
    whole(of(perSecond)),
    whole(of(cpuPerRequest)),
    percent(of(serverBusy)),
    short(of(p50)),
    short(of(p99)),
    short(of(readsPerRequest)),
  ];
}

function comparison(
  results: Results,
  { comparedWith }: ReportedRow,
  selection: Selection,
): Figure | undefined {
  if (comparedWith === undefined) return undefined;
  return ratioBetween(results, { ...selection, row: comparedWith }, selection, perSecond);
}
