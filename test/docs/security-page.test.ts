import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';

const PAGE = 'docs/security.md';
const page = readFileSync(PAGE, 'utf8');

interface Row {
  readonly number: number;
  readonly requirement: string;
  readonly source: string;
  readonly how: string;
  /** The tests that show it: a file and a title. */
  readonly tests: readonly (readonly [file: string, title: string])[];
}

/** The rows of the checklist: `| number | requirement | source | how | tests |`. */
const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \|(.*)\|$/gm)].map(
  ([, number, cells = '']) => {
    const [requirement = '', source = '', how = '', shown = '', ...more] = cells
      .split('|')
      .map((cell) => cell.trim());
    if (more.length > 0) throw new Error(`Row ${number} has too many cells`);
    const tests = [...shown.matchAll(/`(test\/[^`]+)`: “([^”]+)”/g)].map(
      ([, file = '', title = '']) => [file, title] as const,
    );
    return { number: Number(number), requirement, source, how, tests };
  },
);

const REASON = /^\*\*(?:not done|does not apply)\*\*: .{20,}/;

test('The checklist has each of the 39 rows once, in order, with its requirement, source and answer', (t) => {
  t.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: 39 }, (_, index) => index + 1),
  );
  for (const { number, requirement, source, how } of rows) {
    t.true(requirement.length > 10 && source.length > 3 && how.length > 10, `row ${number}`);
  }
});

test('A row names tests, or states that it is not done or does not apply, and why', (t) => {
  for (const { number, how, tests } of rows) {
    t.true(tests.length > 0 || REASON.test(how), `row ${number} shows nothing and gives no reason`);
  }
  t.true(rows.filter(({ tests }) => tests.length > 0).length > 30);
});

test('Each test that the page names is there, under exactly this title', (t) => {
  for (const { number, tests } of rows) {
    for (const [file, title] of tests) {
      t.true(existsSync(file), `row ${number}: there is no ${file}`);
      t.true(
        hasTest(readFileSync(file, 'utf8'), title),
        `row ${number}: ${file} has no “${title}”`,
      );
    }
  }
});

test('What is no title is not found, so the test above can fail', (t) => {
  const source = "test('A rule', async (t) => {});\n// test('A comment')\nconst text = 'A text';";
  t.true(hasTest(source, 'A rule'));
  for (const other of ['A rul', 'rule', 'A comment', 'A text']) t.false(hasTest(source, other));
});

test('Every link of the page and of SECURITY.md leads to a file', (t) => {
  for (const [document, folder] of [
    [PAGE, 'docs/'],
    ['docs/restore.md', 'docs/'],
    ['SECURITY.md', ''],
  ] as const) {
    const links = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)];
    t.true(links.length > 0, document);
    for (const [, link = ''] of links) t.true(existsSync(folder + link), `${document}: ${link}`);
  }
});

/** Returns true if a test has this title in the source, in any quotes. */
function hasTest(source: string, title: string): boolean {
  const quoted = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/['"`]/g, '\\\\?$&');
  return new RegExp(`^\\s*test(?:\\.serial)?\\(\\s*(['"\`])${quoted}\\1,`, 'm').test(source);
}
