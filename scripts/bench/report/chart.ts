import type { ReportedRow, Results } from '../results.ts';
import { whole } from './format.ts';
import { variesEntries } from './row-tables.ts';
import { cpuPerRequest, median, perSecond, select } from './statistics.ts';

/** Half way between black and white in contrast: readable on a light and on a dark page. */
const TEXT = '#787b80';
const [RESCIND, OTHERS] = ['#2f81f7', '#8b949e'];

const [WIDTH, LABELS, FIGURES] = [860, 330, 140];
const [TOP, BAR, STEP, HEADING, FOOT] = [72, 18, 25, 34, 34];
const BOLD = 'font-weight="600"';
const METHOD =
  'Known tokens, 50 connections, median of the rounds · µs: processor time of the server per request';

/** Groups of rows that do the same work: a server that checks nothing is faster for it. */
const GROUPS: Readonly<Record<string, (row: ReportedRow) => boolean>> = {
  'Revocation checked, user loaded': (row) => isStrict(row) && row.userLoad !== 'none',
  'Revocation checked, no user load': (row) => isStrict(row) && row.userLoad === 'none',
  'Revocation not checked': (row) => !isStrict(row),
};

/**
 * Draws requests/s of every row with known tokens at 50 connections as an SVG bar chart, as a function of the
 * results alone. Text is in the reader's own font; no script, nothing from elsewhere.
 */
export function chart(results: Results): string {
  const bars = makeBars(results);
  const most = Math.max(1, ...bars.map(({ rate }) => rate));
  const drawn: string[] = [];
  let y = TOP;
  for (const [title, belongs] of Object.entries(GROUPS)) {
    const members = bars.filter(belongs);
    if (members.length === 0) continue;
    drawn.push(text(0, y + BAR - 5, title, BOLD));
    drawn.push(...members.flatMap((bar, index) => drawBar(bar, y + STEP * (index + 1), most)));
    y += STEP * members.length + HEADING;
  }
  const height = y + FOOT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="13" fill="${TEXT}">`,
    '<title id="title">Requests per second of GET /api/auth/me, by server</title>',
    text(0, 20, 'Requests per second, GET /api/auth/me', `font-size="16" ${BOLD}`),
    text(0, 44, METHOD),
    ...drawn,
    text(0, height - 10, describeRun(results), 'font-size="11"'),
    '</svg>\n',
  ].join('\n');
}

function isStrict({ checks }: ReportedRow): boolean {
  return checks === 'revocation';
}

function makeBars(results: Results) {
  const bars = results.rows.map((row) => {
    const measured = select(results, row.id);
    const [rate, cpu] = [median(measured.map(perSecond)), median(measured.map(cpuPerRequest))];
    return { ...row, rate, cpu };
  });
  return bars
    .filter((bar) => !variesEntries(bar) && !Number.isNaN(bar.rate))
    .sort((a, b) => b.rate - a.rate);
}

function drawBar(bar: ReturnType<typeof makeBars>[number], y: number, most: number) {
  const { id, name, isPeer, rate, cpu } = bar;
  const width = Math.max(1, Math.round((rate / most) * (WIDTH - LABELS - FIGURES)));
  const baseline = y + BAR - 5;
  const colour = isPeer ? OTHERS : RESCIND;
  const weight = id === 'following' ? BOLD : '';
  return [
    text(LABELS - 8, baseline, name, `text-anchor="end" ${weight}`),
    `<rect x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${colour}"/>`,
    text(LABELS + width + 8, baseline, `${whole(rate)} · ${whole(cpu)} µs`, weight),
  ];
}

function describeRun({ machine, versions, started, rounds, quick }: Results): string {
  const parts = [`${machine.processor}, ${machine.cores} cores`, `Node ${versions['node']}`];
  const times = [`${rounds} rounds${quick ? ' (quick)' : ''}`, started.slice(0, 10)];
  return [...parts, `MongoDB ${versions['mongod']}`, ...times].join(' · ');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text ${`x="${x}" y="${y}" ${attributes}`.trim()}>${escaped}</text>`;
}
