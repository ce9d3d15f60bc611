/** `npm run bench`: measures the cost of a strict check, and of its alternatives, on this machine. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../server/exit-codes.ts';
import { createReport } from '../dev/progress.ts';
import { stopped, stopSignal } from '../dev/stop-signal.ts';
import { runBench } from './bench.ts';
import { EXPERIMENTS, findUnknownNames, makePlan } from './plan.ts';
import { chart } from './report/chart.ts';
import { tables } from './report/tables.ts';
import { type Results, readResults } from './results.ts';
import { ROWS } from './rows.ts';

const DESCRIPTION = `Measures rescind against bare Koa, koa-jwt, @fastify/jwt, express-jwt and better-auth on this machine.
It brings its own MongoDB, and its own Redis where redis-server is on PATH. Tables go to stdout.
A full run takes some 25 minutes, on a machine that has nothing else to do.`;

const HELP = `
Rows: ${ROWS.map(({ id }) => id).join(', ')}
Experiments: ${Object.keys(EXPERIMENTS).join(', ')}

Exit codes: 0 done, 1 a server answered wrongly or did not start, 64 usage, 130 interrupted.`;

const OPTIONS = {
  quick: 'a look in some 5 minutes: one round, short warm-ups, fewer loads, at most 1 M entries',
  rounds: 'how many rounds (default: 5, quick 1)',
  rows: 'only these rows and experiments, by commas; * at an end stands for any end',
  out: 'where results.json, results.md, chart.svg and the .cpuprofile of each profile go',
  render: 'make the tables and the chart of a results.json again; runs nothing',
};

/** Reads the command line; prints help, or the usage error, and exits. */
function readOptions(args: readonly string[]) {
  return new Command('npm run bench --')
    .description(DESCRIPTION)
    .option('--quick', OPTIONS.quick)
    .option('--rounds <n>', OPTIONS.rounds, readRounds)
    .option('--rows <names>', OPTIONS.rows, readNames)
    .option('--out <folder>', OPTIONS.out, '.bench')
    .option('--render <file>', OPTIONS.render)
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .parse(args, { from: 'user' })
    .opts<{ quick?: true; rounds?: number; rows?: string[]; out: string; render?: string }>();
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
}

function readNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = findUnknownNames(names);
  if (unknown.length === 0) return names;
  throw new InvalidArgumentError(`There is no row or experiment ${unknown.join(', ')}.`);
}

async function main(args: string[]): Promise<number> {
  const { render, rows: only, ...options } = readOptions(args);
  const { out } = options;
  await mkdir(out, { recursive: true });
  if (render !== undefined) {
    await show(readResults(await readFile(render, 'utf8')), out);
    return EXIT.ok;
  }
  const report = createReport(process.stderr);
  const signal = stopSignal(process.env);
  const plan = makePlan({ ...options, ...(only && { only }) });
  const running = runBench(plan, ['npm run bench --', ...args].join(' '), report, signal);
  const results = await Promise.race([running, stopped(signal)]);
  if (typeof results === 'string') {
    report.warn(`Interrupted by ${results}`);
    return EXIT.interrupted;
  }
  await writeFile(join(out, 'results.json'), `${JSON.stringify(results)}\n`);
  await show(results, out);
  return Object.keys(results.failures).length === 0 ? EXIT.ok : EXIT.failed;
}

/** Prints the tables, and writes tables and chart into the folder. */
async function show(results: Results, folder: string): Promise<void> {
  const text = tables(results);
  process.stdout.write(`\n${text}`);
  await writeFile(join(folder, 'results.md'), text);
  await writeFile(join(folder, 'chart.svg'), chart(results));
  process.stderr.write(`\nThe tables and the chart are in ${folder} as well.\n`);
}

process.exit(await main(process.argv.slice(2)));
