/** `npm test`: ava on the compiled tests, with a MongoDB for as long as they run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cleanups, createCleanups } from './dev/cleanups.ts';
import { guard } from './dev/guard.ts';
import { ownFolder } from './dev/own-folder.ts';
import { endChild, ended, spawnChild } from './dev/processes.ts';
import { stopped, stopSignal } from './dev/stop-signal.ts';
import { openTestDatabase } from './test/database.ts';

const interruptGrace = 10_000;

async function main(args: string[]): Promise<number> {
  const cleanups = createCleanups();
  const interrupted = stopped(stopSignal(process.env)).then((signal) => {
    return signal === 'SIGINT' ? 130 : 143;
  });
  try {
    return await Promise.race([runTests(args, cleanups), interrupted]);
  } finally {
    await cleanups.run();
  }
}

async function runTests(args: string[], cleanups: Cleanups): Promise<number> {
  const folder = await ownFolder('rescind-test-');
  const asks = args.some((arg) => arg === '--help' || arg === '--version');
  const database = asks
    ? {}
    : await openTestDatabase(join(folder, 'mongodb'), process.env, cleanups);
  const cli = fileURLToPath(new URL('./cli.mjs', import.meta.resolve('ava')));
  const ava = spawnChild(process.execPath, [cli, ...args.map(compiled)], {
    // The tests' own temporary folders lie in ours, and go with it when they are interrupted.
    env: testEnv({ ...process.env, ...database, TMPDIR: folder }),
    stdio: 'inherit',
  });
  guard(ava);
  // On SIGINT ava tells which tests were still at work, and ends.
  cleanups.add(() => endChild(ava, interruptGrace, 'SIGINT'));
  await ended(ava);
  return ava.exitCode ?? 1;
}

/** What the user has configured for a server must not decide how the tests end. */
function testEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const configured = /^(MONGODB_URI|MONGODB_URI_FILE|JWT_.*)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !configured.test(name)));
}

/** `test/x.test.ts` is what people type, and `build/test/x.test.js` is what ava is to run. */
function compiled(arg: string): string {
  const path = arg.replace(/^\.\//, '');
  const isTest = path.startsWith('test/') && (path.endsWith('.ts') || existsSync(path));
  return isTest ? `build/${path.replace(/\.ts$/, '.js')}` : arg;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  },
);
