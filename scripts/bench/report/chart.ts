/** The bar chart of the README, as SVG. */

import { HOT_AT_50 } from '../loads.ts';
import type { ReportedRow, Results } from '../results.ts';
import { whole } from './format.ts';
import { cpuPerRequest, medianOf, perSecond, variesEntries } from './select.ts';

/** Half way between black and white in contrast, so that it reads on a light and on a dark page. */
const TEXT = '#787b80';
const RESCIND = '#2f81f7';
const OTHERS = '#8b949e';

const WIDTH = 860;
const LABELS = 330;
const FIGURES = 140;
const TOP = 72;
const BAR = 18;
const STEP = 25;
const HEADING = 34;
const FOOT = 34;

interface Bar {
  readonly row: ReportedRow;
  readonly perSecond: number;
  readonly cpu: number;
}

/** Like is to be compared with like: what checks nothing is faster for it. */
const GROUPS: readonly (readonly [title: string, belongs: (row: ReportedRow) => boolean])[] = [
  ['Revocation checked, user loaded', (row) => checksRevocation(row) && row.userLoad !== 'none'],
  ['Revocation checked, no user load', (row) => checksRevocation(row) && row.userLoad === 'none'],
  ['Revocation not checked', (row) => !checksRevocation(row)],
];

/**
 * Requests/s of every row with known tokens at 50 connections, by what the rows do, the most first. A
 * function of the results alone; text in the reader's own font, no script, nothing from elsewhere.
 */
export function chart(results: Results): string {
  const bars = barsOf(results);
  const most = Math.max(1, ...bars.map((bar) => bar.perSecond));
  const drawn: string[] = [];
  let y = TOP;
  for (const [title, belongs] of GROUPS) {
    const members = bars.filter(({ row }) => belongs(row));
    if (members.length === 0) continue;
    drawn.push(text(0, y + BAR - 5, title, 'font-weight="600"'));
    drawn.push(...members.flatMap((bar, index) => drawBar(bar, y + STEP * (index + 1), most)));
    y += STEP * members.length + HEADING;
  }
  const height = y + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="13" fill="${TEXT}">`,
    '<title id="title">Requests per second of GET /api/auth/me, by server</title>',
    text(0, 20, 'Requests per second, GET /api/auth/me', 'font-size="16" font-weight="600"'),
    text(
      0,
      44,
      'Known tokens, 50 connections, median of the rounds · µs: processor time of the server per request',
    ),
    ...drawn,
    text(0, height - 10, machineLine(results), 'font-size="11"'),
    '</svg>',
    '',
  ].join('\n');
}

function checksRevocation({ checks }: ReportedRow): boolean {
  return checks === 'revocation';
}

function barsOf(results: Results): readonly Bar[] {
  return results.rows
    .filter((row) => !variesEntries(row))
    .map((row) => {
      const selection = { row: row.id, ...HOT_AT_50 };
      return {
        row,
        perSecond: medianOf(results, selection, perSecond),
        cpu: medianOf(results, selection, cpuPerRequest),
      };
    })
    .filter((bar) => !Number.isNaN(bar.perSecond))
    .sort((a, b) => b.perSecond - a.perSecond);
}

function drawBar({ row, perSecond, cpu }: Bar, y: number, most: number): readonly string[] {
  const width = Math.max(1, Math.round((perSecond / most) * (WIDTH - LABELS - FIGURES)));
  const baseline = y + BAR - 5;
  const colour = row.isPeer ? OTHERS : RESCIND;
  const weight = row.id === 'strict' ? 'font-weight="600"' : '';
  return [
    text(LABELS - 8, baseline, row.name, `text-anchor="end" ${weight}`),
    `<rect x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`,
    text(LABELS + width + 8, baseline, `${whole(perSecond)} · ${whole(cpu)} µs`, weight),
  ];
}

function machineLine({ machine, versions, started, rounds, quick }: Results): string {
  const { processor, cores } = machine;
  const parts = [
    `${processor}, ${cores} cores`,
    `Node ${versions['node']}`,
    `MongoDB ${versions['mongod']}`,
    `${rounds} rounds${quick ? ' (quick)' : ''}`,
    started.slice(0, 10),
  ];
  return parts.join(' · ');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}"${attributes.trim() ? ` ${attributes.trim()}` : ''}>${escaped}</text>`;
}
