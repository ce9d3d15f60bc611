/** `npm run loop-times`: prints the seconds that a test file of each kind takes with nothing to compile. */
import { spawnSync } from 'node:child_process';

const FILES = {
  unit: 'test/lib/time.test.ts',
  store: 'test/lib/store/sessions/sessions.test.ts',
  journey: 'test/journeys/login-and-logout.test.ts',
};

/** Runs `npm run t` on a file, and returns the seconds it took. Throws if the tests fail. */
function time(file: string): number {
  const started = performance.now();
  const { status, stdout } = spawnSync('npm', ['run', '-s', 't', '--', file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} failed:\n${stdout}`);
  return (performance.now() - started) / 1000;
}

time(FILES.unit); // not printed, because this run also compiles what has changed
for (const [kind, file] of Object.entries(FILES)) {
  process.stdout.write(`${kind.padEnd(8)} ${time(file).toFixed(1)} s  ${file}\n`);
}
