import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { settings } from '../server/config/settings.ts';

/** Folders whose comments follow the rule. */
const FOLDERS = ['lib', 'server', 'scripts', 'test'];

/** A doc comment that begins with a question word or a preposition. */
const ODD_COMMENT =
  /\/\*\*[\s*]*(?:What|Whether|How|Whom?|Whose|Where|Which|Why|That|Of|By|As|So)\b.*/g;

/** Terms of the server: an application that embeds the library has commands, settings and pages of its own. */
const SERVER_TERMS = new RegExp(
  String.raw`.*(?:\bnpm |\bdocs/| --[a-z]|\b(?:${Object.keys(settings).join('|')})(?:_FILE)?\b).*`,
  'g',
);

test('doc comments begin with a verb in the third person or a noun phrase', (t) => {
  const files = FOLDERS.flatMap(listSources);
  t.true(files.length > FOLDERS.length);
  t.deepEqual(
    files.flatMap((file) => findAll(ODD_COMMENT, file)),
    [],
  );
});

test('the library names no npm script, no option of a command, no setting and no page of docs', (t) => {
  const files = listSources('lib');
  t.true(files.length > 50);
  t.deepEqual(
    files.flatMap((file) => findAll(SERVER_TERMS, file)),
    [],
  );
});

function listSources(folder: string): string[] {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith('.ts') && !/\b(?:dist|node_modules)\//.test(file));
}

/** Returns the lines of a file that match, each with its place. */
function findAll(pattern: RegExp, file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(pattern)].map(({ 0: comment, index }) => {
    const line = text.slice(0, index).split('\n').length;
    return `${file}:${line} ${comment.replace(/[\s*]+/g, ' ')}`;
  });
}
