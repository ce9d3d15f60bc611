// Runs after every `npm ci` and before `npm pack`. Compiles everything anew where the compiler is
// installed; elsewhere dist/ has to be there.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const compiler = 'node_modules/typescript/bin/tsc';

if (existsSync(compiler)) {
  rmSync('dist', { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else if (!existsSync('dist/server/main.js')) {
  process.stderr.write(
    'There is no dist/ and no compiler. Run `npm ci` with dev dependencies first.\n',
  );
  process.exitCode = 1;
}
