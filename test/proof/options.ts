import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../server/exit-codes.ts';
import { faults } from './faults.ts';
import { sectionsWith } from './sections.ts';

export interface Options {
  /** Names of sections. */
  readonly only?: readonly string[];
  /** Names of faults. */
  readonly faults?: readonly string[];
  readonly rounds?: number;
  readonly lanes: number;
  /** The file that gets the tables; histories of what went wrong go beside it. */
  readonly out?: string;
}

/** Reads the command line; prints help, or what is wrong with it, and exits. */
export function readOptions(args: readonly string[]): Options {
  const sectionNames = sectionsWith({}).map(({ name }) => name);
  const faultNames = faults.map(({ name }) => name);
  return new Command('npm run proof --')
    .description(
      'Shows that revoked means revoked: clients log in, log out, refresh and revoke all while the database ' +
        'and the servers are harmed, and everything they were told is checked.\n' +
        'Brings its own MongoDB; the tables go to stdout. A full run takes some 65 minutes on 2 cores.',
    )
    .option('--only <sections>', 'only these sections, by commas', namesOf(sectionNames))
    .option('--faults <names>', 'only these faults, by commas', namesOf(faultNames))
    .option('--rounds <n>', 'how many rounds of each fault', wholeNumber)
    .option('--lanes <n>', 'how many faults are played side by side', wholeNumber, 2)
    .option('--out <file>', 'write the tables to a file as well, as Markdown')
    .addHelpText('after', `\nSections: ${sectionNames.join(', ')}`)
    .addHelpText('after', `Faults: ${faults.map(lineOf).join('')}`)
    .addHelpText(
      'after',
      '\nExit codes: 0 the promise held, 1 it did not or could not be shown, 64 usage, 130 interrupted.',
    )
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
    .parse(args, { from: 'user' })
    .opts<Options>();
}

function lineOf({ name, title, rounds }: (typeof faults)[number]): string {
  return `\n  ${name.padEnd(24)} ${title} (${rounds} rounds)`;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
}

function namesOf(known: readonly string[]) {
  return (text: string): readonly string[] => {
    const names = text.split(',').filter((name) => name !== '');
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length === 0 && names.length > 0) return names;
    throw new InvalidArgumentError(`Known are: ${known.join(', ')}.`);
  };
}
