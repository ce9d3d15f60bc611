import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]));

/** Pages that may name files of earlier versions. */
const HISTORIES = ['CHANGELOG.md', join('docs', 'decisions.md')];

/** A path in backticks that begins with a folder of the repository. */
const PATH = /`((?:lib|server|scripts|test|docs|\.ci|\.github)\/[^`\s]*)`/g;

interface Link {
  readonly page: string;
  readonly target: string;
  readonly fragment: string | undefined;
}

/** The links to files of this repository. */
const links: readonly Link[] = [...texts].flatMap(([page, text]) =>
  [...text.matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(
    ([, path = '', fragment]) => ({
      page,
      target: path === '' ? page : join(dirname(page), path),
      fragment,
    }),
  ),
);

test('Every page of docs/ is in the index, docs/README.md', (t) => {
  const linked = links.filter(({ page }) => page === 'docs/README.md').map((link) => link.target);
  const missing = pages.filter(
    (page) => page.startsWith('docs/') && page !== 'docs/README.md' && !linked.includes(page),
  );
  t.deepEqual(missing, []);
});

test('Every link leads to a file', (t) => {
  t.true(links.length > 50);
  t.deepEqual(
    links.filter(({ target }) => !existsSync(target)),
    [],
  );
});

test('Every fragment of a link is a heading of its page', (t) => {
  const lost = links.filter(({ target, fragment }) => {
    const text = texts.get(target);
    return fragment !== undefined && text !== undefined && !fragments(text).includes(fragment);
  });
  t.deepEqual(lost, []);
});

test('Every path of the repository that a page names in backticks is there', (t) => {
  const named = [...texts]
    .filter(([page]) => !HISTORIES.includes(page))
    .flatMap(([page, text]) => listPaths(text).map((path) => ({ page, path })));
  t.true(named.length > 100);
  t.deepEqual(
    named.filter(({ path }) => !existsSync(withoutPattern(path))),
    [],
  );
});

test('Every npm script that a page names is there', (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const named = [...texts].flatMap(([page, text]) =>
    [...text.matchAll(/npm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => ({ page, name })),
  );
  t.true(named.length > 50);
  t.deepEqual(
    named.filter(({ name }) => !Object.hasOwn(scripts, name)),
    [],
  );
});

function listPaths(text: string): string[] {
  return [...text.matchAll(PATH)].map(([, path = '']) => path);
}

/** Cuts a path before its first part with a wildcard or a placeholder: `lib/<story>.ts` becomes `lib/`. */
function withoutPattern(path: string): string {
  return path.replace(/[^/]*[*<].*$/, '');
}

/** Returns the fragments of a page's headings, as GitHub derives them. */
function fragments(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
