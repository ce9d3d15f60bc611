/** docs/proof.md agrees with docs/proof/results.md, which the last full run printed. */
import { readFile } from 'node:fs/promises';
import test from 'ava';

const page = await readFile('docs/proof.md', 'utf8');
const results = await readFile('docs/proof/results.md', 'utf8');

type Row = Readonly<Record<string, string>>;

function readRows(text: string, head: RegExp): readonly Row[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => head.test(line));
  const table = lines.slice(start, lines.indexOf('', start));
  const [columns = [], , ...rows] = table.map((line) =>
    line
      .slice(2, -2)
      .trimEnd()
      .split(/ +\| +/),
  );
  return rows.map((cells) => Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])));
}

const FAULTS = /^\| fault +\| +rounds \|/;
const described = readRows(page, FAULTS);
const printed = readRows(results, FAULTS);
const acknowledgements = readRows(results, /^\| situation /);

function sum(column: string): string {
  const numbers = printed.map((row) => Number(row[column]?.replaceAll(',', '')));
  return numbers.reduce((total, each) => total + each, 0).toLocaleString('en');
}

test('every fault is described as it was printed', (t) => {
  t.is(printed.length, 42);
  t.is(described.length, printed.length);
  for (const [index, row] of described.entries()) t.like(printed[index], row);
});

test('the sums are those of the table', (t) => {
  t.true(page.includes(`Of ${sum('acknowledged revocations')} acknowledged revocations`));
  t.true(page.includes(`of ${sum('checks')} checks`));
});

test('each situation was played in 15 rounds, and nothing was lost', (t) => {
  t.is(acknowledgements.length, 4);
  for (const row of acknowledgements) t.like(row, { rounds: '15', 'lost or wrong': '0' });
  const asked = acknowledgements.reduce((sum, { requests }) => sum + Number(requests), 0);
  t.true(page.includes(`${asked.toLocaleString('en')} requests that end sessions of a user`));
});

test('in the run that is published the promise held', (t) => {
  for (const row of printed) t.like(row, { lost: '0', 'false refusals': '0' });
  t.is(results.match(/^## /gm)?.length, results.match(/^Nothing was found\.$/gm)?.length);
});
