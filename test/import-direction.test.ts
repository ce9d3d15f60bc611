import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';

/** Files that import against the direction, and what the linter has to say of them. */
const against: readonly [file: string, imports: string, message: RegExp][] = [
  ['lib/time.ts', './tokens/keys.ts', /errors, time, log and email are what everything else/],
  ['lib/tokens/keys.ts', '../store/users.ts', /tokens, passwords and shared reads know nothing/],
  ['lib/passwords.ts', './use-cases/login.ts', /tokens, passwords and shared reads know nothing/],
  ['lib/store/users.ts', '../use-cases/login.ts', /the store knows nothing of use cases/],
  ['lib/use-cases/login.ts', '../auth.ts', /use cases know nothing of what assembles them/],
  ['lib/use-cases/logout.ts', 'mongodb', /Only lib\/store\/ talks to MongoDB/],
  ['lib/auth.ts', '../server/app.ts', /lib\/ never looks at server/],
  ['lib/index.ts', 'koa', /lib\/ knows no HTTP/],
  ['server/app.ts', './main.ts', /nothing imports main.ts/],
  ['server/routes/auth/me.ts', 'mongodb', /Only lib\/store\/ talks to MongoDB/],
  ['server/config/config.ts', '../../scripts/cli.ts', /server\/ never looks at scripts/],
];

/** Files that import in the right direction. */
const along: readonly [file: string, imports: string][] = [
  ['lib/store/sessions.ts', 'mongodb'],
  ['lib/store/audit.ts', '../time.ts'],
  ['lib/use-cases/shared/open-session.ts', '../store/sessions.ts'],
  ['server/start.ts', '../lib/auth.ts'],
  ['scripts/cli.ts', '../server/config/config.ts'],
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

test('the linter refuses every import against the direction, and says why', (t) => {
  const diagnostics = lint(against);
  for (const [file, imports, message] of against) {
    const found = diagnostics.filter((text) => text.includes(`"${file}"`));
    t.is(found.length, 1, `${file} may import ${imports}`);
    t.regex(found[0] ?? '', message, file);
  }
});

test('the linter has nothing against imports along the direction', (t) => {
  t.deepEqual(lint(along), []);
});
