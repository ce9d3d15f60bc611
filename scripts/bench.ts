/** `npm run bench`: what a strict check costs, and what a user would pay elsewhere, on this machine. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../server/exit-codes.ts';
import { createFailure } from './bench/failure.ts';
import { readOptions } from './bench/options.ts';
import { perform } from './bench/perform.ts';
import { makePlan } from './bench/plan.ts';
import { chart } from './bench/report/chart.ts';
import { tables } from './bench/report/tables.ts';
import type { Results } from './bench/results.ts';
import { createCleanups } from './dev/cleanups.ts';
import { ExitError } from './dev/exit-error.ts';
import { createReport } from './dev/progress.ts';
import { stopped, stopSignal } from './dev/stop-signal.ts';

async function main(args: string[]): Promise<number> {
  const { out, render, ...options } = readOptions(args);
  if (render !== undefined) {
    await show(await readResults(render), out);
    return EXIT.ok;
  }
  const report = createReport(process.stderr);
  const cleanups = createCleanups();
  const signal = stopSignal(process.env);
  const { fail, failed } = createFailure();
  const interrupted = stopped(signal).then(() => undefined);
  try {
    const plan = makePlan({ ...options, only: options.rows });
    const command = ['npm run bench --', ...args].join(' ');
    const performed = perform(plan, command, { report, cleanups, signal, fail });
    const results = await Promise.race([performed, interrupted, failed]);
    if (results === undefined) {
      report.warn(`Interrupted by ${signal.reason}`);
      return EXIT.interrupted;
    }
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'results.json'), `${JSON.stringify(results, undefined, 1)}\n`);
    await show(results, out);
    return Object.keys(results.failures).length === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    await cleanups.run();
  }
}

async function readResults(file: string): Promise<Results> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = `${file} cannot be read: ${(cause as Error).message}`;
    throw new ExitError(EXIT.failed, message, { cause });
  }
}

/** The tables on stdout; tables and chart in the folder. */
async function show(results: Results, folder: string): Promise<void> {
  const text = tables(results);
  process.stdout.write(`\n${text}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'results.md'), text);
  await writeFile(join(folder, 'chart.svg'), chart(results));
  process.stderr.write(`\nThe tables and the chart are in ${folder} as well.\n`);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`\n${error instanceof ExitError ? error.message : error.stack}\n`);
    process.exit(EXIT.failed);
  },
);
