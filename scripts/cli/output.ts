import { fstatSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from './cli-error.ts';

/** Code of a write error after the reader of a pipe, e.g. `head`, has exited. Only `printSecret` then fails. */
const READER_GONE = 'EPIPE';

let failure: string | undefined;
let hasResult = false;

/** Prevents output errors from ending a command during its work. Called at the start of the program. */
export function surviveOutput(): void {
  process.stdout.on('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) => {
    if (code !== READER_GONE) failure ??= code;
  });
  process.stderr.on('error', () => undefined);
}

/** Prints a line about the progress of the work. The command succeeds even if the line cannot be written. */
export function printProgress(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line of the result. The command fails if the line cannot be written. */
export function printResult(line: string): void {
  hasResult = true;
  printProgress(line);
}

/**
 * Prints a text that is stored nowhere else. Throws CliError if the text cannot be written, e.g. because the reader has
 * closed the pipe, or if standard output is discarded.
 */
export async function printSecret(text: string, describeLoss: (reason: string) => string) {
  if (isDiscarded()) throw new CliError(EXIT.output, describeLoss(DISCARDED));
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.write(`${text}\n`, resolve);
  });
  if (!error) return;
  throw new CliError(EXIT.output, describeLoss(describeFailure(error.code)));
}

/**
 * Waits until the output is written. If output was lost, returns a message and an exit code. Ignores output that was
 * lost because the reader of a pipe exited.
 */
export async function findLostOutput(): Promise<
  { sentence: string; exitCode: number } | undefined
> {
  await new Promise((resolve) => process.stdout.write('', resolve));
  await new Promise(setImmediate); // waits for the error event, which Node emits after the callback
  if (failure === undefined) return undefined;
  const exitCode = hasResult ? EXIT.output : EXIT.ok;
  const state = hasResult ? 'The output is incomplete.' : 'The work is done.';
  return { sentence: `${state} ${describeFailure(failure)}`, exitCode };
}

const DISCARDED = 'Standard output is closed or discarded. Redirect it to a terminal or a file.';

/** Returns true if standard output is the null device, which Node also opens in place of a closed standard output. */
function isDiscarded(): boolean {
  const { rdev } = fstatSync(process.stdout.fd);
  const sink = statSync(devNull, { throwIfNoEntry: false });
  return sink?.isCharacterDevice() === true && sink.rdev === rdev;
}

function describeFailure(code: string | undefined): string {
  return `Standard output cannot be written (${code}). Check where it is redirected to.`;
}
