import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import test from 'ava';

interface Manifest {
  readonly name: string;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}

/** The paths of all files that `npm publish` would upload. */
function published(): string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [{ files }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' }));
  return files.map(({ path }: { path: string }) => path);
}

/** The packages that a compiled file imports, statically or not. */
function importedPackages(file: string): string[] {
  const specifiers = readFileSync(file, 'utf8').matchAll(
    /^(?:import\s*|(?:import|export)\b[^;'"(]*?\bfrom\s*)['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  );
  return [...specifiers]
    .map(([, fixed, dynamic]) => fixed ?? dynamic ?? '')
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

test('The package holds lib, server, cli and dev, and no map without its source', (t) => {
  const files = published();
  const folder = /^dist\/(?:lib|server|scripts\/(?:cli|dev))(?:\/|\.js$)/;
  const others = files.filter((file) => !folder.test(file)).sort();
  t.deepEqual(others, ['LICENSE', 'README.md', 'package.json']);
  for (const file of ['lib/index.js', 'lib/index.d.ts', 'server/index.js', 'server/main.js']) {
    t.true(files.includes(`dist/${file}`), file);
  }
  for (const file of ['cli.js', 'dev.js']) t.true(files.includes(`dist/scripts/${file}`), file);
  t.deepEqual(
    files.filter((file) => file.endsWith('.map')),
    [],
  );
});

test('Nothing in the package imports a package that is not installed with it', (t) => {
  const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const { name, dependencies, peerDependencies } = manifest;
  const installed = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  const scripts = published().filter((file) => file.endsWith('.js'));
  t.true(scripts.length > 100);
  const missing = scripts.flatMap((file) =>
    importedPackages(file)
      .filter((dependency) => !installed.has(dependency))
      .map((dependency) => `${file} imports ${dependency}`),
  );
  t.deepEqual(missing, []);
});
