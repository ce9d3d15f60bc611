import { readFileSync } from 'node:fs';
import test from 'ava';
import { chart } from '../../scripts/bench/report/chart.ts';
import { tables } from '../../scripts/bench/report/tables.ts';
import { readResults } from '../../scripts/bench/results.ts';

const FOLDER = 'docs/performance';
const read = (path: string) => readFileSync(path, 'utf8');
const results = readResults(read(`${FOLDER}/results.json`));

/** Returns the text between the two comments that mark figures of the published run. */
function readFigures(page: string): readonly string[] {
  const marked = read(page).matchAll(/<!-- figures -->\n(.*?)<!-- end of figures -->/gs);
  return [...marked].flatMap(([, lines = '']) => lines.split('\n').filter((line) => line !== ''));
}

test('the published run is a full one, in which every row was measured', (t) => {
  t.false(results.quick);
  t.is(results.rounds, 5);
  t.deepEqual(results.failures, {});
  t.deepEqual(
    results.rows.filter(({ skipped }) => skipped !== undefined),
    [],
  );
});

test('the published tables and the chart are those of the published figures', (t) => {
  t.is(read(`${FOLDER}/results.md`), tables(results));
  t.is(read(`${FOLDER}/chart.svg`), chart(results));
});

for (const page of ['README.md', 'docs/performance.md']) {
  test(`${page} has no figure in its tables that the published run did not have`, (t) => {
    const published = new Set(tables(results).split('\n'));
    const figures = readFigures(page);
    t.true(figures.length > 5);
    t.deepEqual(
      figures.filter((line) => !published.has(line)),
      [],
    );
  });
}
