import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../server/exit-codes.ts';
import { EXPERIMENTS, unknownNames } from './plan.ts';
import { ROWS } from './rows.ts';

export interface Options {
  readonly quick?: true;
  readonly rounds?: number;
  readonly rows?: readonly string[];
  /** The folder that gets results.json, results.md and chart.svg. */
  readonly out: string;
  /** A results.json to make the tables and the chart of again. */
  readonly render?: string;
}

/** Reads the command line; prints help, or what is wrong with it, and exits. */
export function readOptions(args: readonly string[]): Options {
  return new Command('npm run bench --')
    .description(
      'Measures rescind against bare Koa, koa-jwt, @fastify/jwt, express-jwt and better-auth on this machine.\n' +
        'It brings its own MongoDB, and its own Redis where redis-server is on PATH. Tables go to stdout.\n' +
        'A full run takes some 50 minutes, on a machine that has nothing else to do.',
    )
    .option(
      '--quick',
      'a look in under 5 minutes: one round of 3 s a run, fewer loads, at most 1 M entries',
    )
    .option('--rounds <n>', 'how many rounds (default: 5, quick 1)', readRounds)
    .option(
      '--rows <names>',
      'only these rows and experiments, by commas; * at an end stands for any end',
      readNames,
    )
    .option('--out <folder>', 'where results.json, results.md and chart.svg go', '.bench')
    .option(
      '--render <file>',
      'make the tables and the chart of a results.json again; runs nothing',
    )
    .addHelpText(
      'after',
      `\nRows: ${ROWS.map(({ id }) => id).join(', ')}\nExperiments: ${EXPERIMENTS.join(', ')}`,
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 a server answered wrongly or did not start, 64 usage, 130 interrupted.',
    )
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .parse(args, { from: 'user' })
    .opts<Options>();
}

function readRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 100) return rounds;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
}

function readNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = unknownNames(names);
  if (unknown.length === 0) return names;
  throw new InvalidArgumentError(`There is no row or experiment ${unknown.join(', ')}.`);
}
