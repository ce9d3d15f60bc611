/** `npm test`, `npm run t`, `npm run test:full` and `npm run test:watch`: ava on the compiled tests, with a MongoDB. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { type Cleanups, createCleanups } from './dev/cleanups.ts';
import { guard } from './dev/guard.ts';
import { ownFolder } from './dev/own-folder.ts';
import { endChild, ended, spawnChild } from './dev/processes.ts';
import { stopped, stopSignal } from './dev/stop-signal.ts';
import { compiledTest, findPackages, removeStale } from './test/compiled.ts';
import { openTestDatabase } from './test/database.ts';

const help = `Usage: npm test [-- FILES and options]        the core
       npm run test:full [-- options]          the tests outside the core
       npm run t -- FILES                      single files: npm run t -- test/lib/time.test.ts
       npm run test:watch [-- FILES]           runs tests again when something they import changes

A mongod is found or fetched, and runs until the tests end.
  TEST_MONGODB_URI   use this MongoDB instead, e.g. mongodb://127.0.0.1:27017/?replicaSet=rs0
  MONGOD_BINARY      the mongod to run
All other options are those of ava, e.g. --match 'a title*', --serial, --fail-fast:
`;

const INTERRUPT_GRACE = 10_000;

async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) process.stdout.write(help);
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
  for (const folder of findPackages(args)) {
    const compiler = startProgram('typescript/bin/tsc', ['-p', folder], process.env, cleanups);
    await ended(compiler);
    if (compiler.exitCode !== 0) return 1;
  }
  await removeStale();
  const folder = await ownFolder('rescind-test-');
  const env = testEnv({
    ...process.env,
    ...(await testDatabase(args, join(folder, 'mongodb'), cleanups)),
    TMPDIR: folder, // Temporary folders of interrupted tests are removed with this folder.
  });
  if (args.includes('--watch')) {
    startProgram('typescript/bin/tsc', ['--watch', '--preserveWatchOutput'], env, cleanups);
  }
  const ava = startProgram('ava/entrypoints/cli.mjs', args.map(compiledTest), env, cleanups);
  await ended(ava);
  return ava.exitCode ?? 1;
}

function testDatabase(args: string[], dataFolder: string, cleanups: Cleanups) {
  const needsNone = args.some((arg) => arg === '--help' || arg === '--version');
  return needsNone ? {} : openTestDatabase(dataFolder, process.env, cleanups);
}

/** Removes the settings of a server, because those of the user must not affect the tests. */
function testEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const configured = /^(MONGODB_URI|MONGODB_URI_FILE|JWT_.*)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !configured.test(name)));
}

/** Starts a program of node_modules. A cleanup ends it by SIGINT, because ava then prints the pending tests. */
function startProgram(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  cleanups: Cleanups,
): ChildProcess {
  const path = join('node_modules', file);
  const child = spawnChild(process.execPath, [path, ...args], { env, stdio: 'inherit' });
  guard(child);
  cleanups.add(() => endChild(child, INTERRUPT_GRACE, 'SIGINT'));
  return child;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  },
);
