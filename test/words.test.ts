import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

/** Folders whose comments follow the rule. */
const FOLDERS = ['lib', 'server', 'scripts', 'test'];

/** A doc comment that begins with a question word or a preposition. */
const ODD_COMMENT =
  /\/\*\*[\s*]*(?:What|Whether|How|Whom?|Whose|Where|Which|Why|That|Of|By|As|So)\b.*/g;

test('doc comments begin with a verb in the third person or a noun phrase', (t) => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder, { encoding: 'utf8', recursive: true }).map((name) => join(folder, name)),
  ).filter((file) => file.endsWith('.ts') && !/\b(?:dist|node_modules)\//.test(file));
  t.true(files.length > FOLDERS.length);
  t.deepEqual(files.flatMap(oddComments), []);
});

function oddComments(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(ODD_COMMENT)].map(({ 0: comment, index }) => {
    const line = text.slice(0, index).split('\n').length;
    return `${file}:${line} ${comment.replace(/[\s*]+/g, ' ')}`;
  });
}
