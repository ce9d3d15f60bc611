import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../server/exit-codes.ts';
import { acknowledgements } from './acknowledgements-section.ts';
import { attacks } from './attacks-section.ts';
import { enumeration } from './enumeration-section.ts';
import { everyCommandSection } from './every-command-section.ts';
import { faults, faultsSection } from './faults-section.ts';
import { floodsSection } from './floods-section.ts';
import { schemathesis } from './schemathesis-section.ts';
import type { Section, SectionOptions } from './section.ts';
import { stalePrimary } from './stale-primary-section.ts';

/** The parts of `npm run proof`, in their order. */
const SECTIONS: readonly Section[] = [
  stalePrimary,
  acknowledgements,
  faultsSection,
  everyCommandSection,
  attacks,
  schemathesis,
  floodsSection,
  enumeration,
];

interface Options extends SectionOptions {
  /** Names of sections. */
  readonly only?: readonly string[];
  /** File for the tables; histories of rounds with a breach are written beside it. */
  readonly out?: string;
}

/** Reads the command line: the chosen sections, their options, and a file. Prints the help or what is wrong, and exits. */
export function readOptions(args: readonly string[]) {
  const sectionNames = SECTIONS.map(({ name }) => name);
  const faultLines = faults.map(
    ({ name, title, rounds }) => `\n  ${name.padEnd(24)} ${title} (${rounds} rounds)`,
  );
  const { only, out, ...options } = new Command('npm run proof --')
    .description(
      'Shows that revoked means revoked: clients log in, log out, refresh and revoke all while the database ' +
        'and the servers are harmed, and every response is checked.\n' +
        'Brings its own MongoDB; the tables go to stdout. A full run takes an hour on 2 cores.',
    )
    .option('--only <sections>', 'only these sections, by commas', parseNames(sectionNames))
    .option(
      '--faults <names>',
      'only these faults, by commas',
      parseNames(faults.map(({ name }) => name)),
    )
    .option('--rounds <n>', 'how many rounds of each fault', parseWholeNumber)
    .option('--workers <n>', 'how many faults are played side by side', parseWholeNumber, 2)
    .option('--out <file>', 'write the tables to a file as well, as Markdown')
    .addHelpText('after', `\nSections: ${sectionNames.join(', ')}`)
    .addHelpText('after', `Faults: ${faultLines.join('')}`)
    .addHelpText(
      'after',
      '\nExit codes: 0 the promise held, 1 it did not or could not be shown, 64 usage, 130 interrupted.',
    )
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .parse(args, { from: 'user' })
    .opts<Options>();
  const chosen = only ?? (options.faults ? ['faults'] : sectionNames);
  const sections = SECTIONS.filter(({ name }) => chosen.includes(name));
  return { sections, options: { ...options, ...(out && { folder: dirname(out) }) }, out };
}

function parseWholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
}

function parseNames(known: readonly string[]) {
  return (text: string): readonly string[] => {
    const names = text.split(',').filter((name) => name !== '');
    if (names.length > 0 && names.every((name) => known.includes(name))) return names;
    throw new InvalidArgumentError(`Known are: ${known.join(', ')}.`);
  };
}
