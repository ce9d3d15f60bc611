import { readFileSync } from 'node:fs';
import test from 'ava';
import { routes } from '../../server/routes.ts';
import { refusalCodes } from '../helpers/refusals.ts';

const readme = readFileSync('README.md', 'utf8');

test('The table of endpoints has every route, and no other', (t) => {
  const listed = [...readme.matchAll(/^\| `((?:GET|POST|DELETE) \/[^`]*)`/gm)].map(
    ([, name]) => name,
  );
  const there = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  t.deepEqual(listed.sort(), there.sort());
});

test('The table of errors has every code', (t) => {
  t.deepEqual(
    refusalCodes.filter((code) => !readme.includes(`\`${code}\``)),
    [],
  );
});

test('The table of commands has every command of the package', (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const commands = Object.entries<string>(scripts)
    .filter(([, line]) => line.startsWith('node dist/scripts/cli.js'))
    .map(([name]) => name);
  t.true(commands.length > 5);
  t.deepEqual(
    commands.filter((name) => !new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(readme)),
    [],
  );
});
