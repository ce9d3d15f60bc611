import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';

/** Files that import a package which their side must not use, and the messages of the linter. */
const against: readonly [file: string, imports: string, message: RegExp][] = [
  ['lib/use-cases/logout.ts', 'mongodb', /Only lib\/store\/ imports mongodb/],
  ['lib/tokens/keys/key.ts', 'mongodb', /Only lib\/store\/ imports mongodb/],
  ['lib/index.ts', 'koa', /lib\/ knows no HTTP/],
  ['lib/store/mongo/database.ts', 'pino', /lib\/ knows no HTTP/],
  ['server/routes/auth/me.ts', 'mongodb', /Only lib\/store\/ imports mongodb/],
  ['scripts/cli/migrate.ts', 'mongodb', /Only lib\/store\/ imports mongodb/],
];

/** Files that import a package of their own side. */
const along: readonly [file: string, imports: string][] = [
  ['lib/store/sessions/sessions.ts', 'mongodb'],
  ['server/app.ts', 'koa'],
  ['scripts/cli.ts', 'commander'],
];

interface Diagnostic {
  readonly category: string;
  readonly message: unknown;
  readonly location: { readonly path: unknown };
}

function lint(
  files: readonly (readonly [file: string, imports: string, ...unknown[]])[],
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rescind-lint-'));
  try {
    copyFileSync('biome.json', join(folder, 'biome.json'));
    for (const [file, imports] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `import '${imports}';\n`);
    }
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [command = '', ...args] = scripts.lint.replace(/ check$/, ' lint').split(' ');
    const options = ['--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
    const { stdout } = spawnSync(command, [...args, ...options], { cwd: folder, encoding: 'utf8' });
    return (JSON.parse(stdout).diagnostics as Diagnostic[])
      .filter(({ category }) => category === 'lint/style/noRestrictedImports')
      .map((diagnostic) => JSON.stringify(diagnostic));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the linter refuses every import of a package that the room must not use, with the reason', (t) => {
  const diagnostics = lint(against);
  for (const [file, imports, message] of against) {
    const found = diagnostics.filter((text) => text.includes(`"${file}"`));
    t.is(found.length, 1, `${file} may import ${imports}`);
    t.regex(found[0] ?? '', message, file);
  }
});

test('the linter has nothing against the packages of each side', (t) => {
  t.deepEqual(lint(along), []);
});
