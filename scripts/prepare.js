// Runs after every `npm ci`. Builds dist/ where the compiler is installed; elsewhere dist/ has to be there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const compiler = 'node_modules/typescript/bin/tsc';

if (existsSync(compiler)) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else if (!existsSync('dist/server/main.js')) {
  process.stderr.write(
    'There is no dist/ and no compiler. Run `npm ci` with dev dependencies first.\n',
  );
  process.exitCode = 1;
}
