import { fstatSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';

/** The reader has left, as `head` does: it wants no more, and the command goes on. */
const READER_GONE = 'EPIPE';

let failure: string | undefined;
let isAnswer = false;

/** Keeps output that cannot be written from ending a command in the middle of its work. For the start of a program. */
export function surviveOutput(): void {
  process.stdout.on('error', ({ code = 'unknown error' }: NodeJS.ErrnoException) => {
    if (code !== READER_GONE) failure ??= code;
  });
  process.stderr.on('error', () => undefined);
}

/** Prints a line that reports on work. The work counts, also where the line cannot be written. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line of what was asked for. Where it cannot be written, the command has not done what it is for. */
export function answer(line: string): void {
  isAnswer = true;
  say(line);
}

/**
 * Prints what exists nowhere else. CommandFailed with this refusal where it cannot be written, also to a reader that
 * left, or where nobody can read it.
 */
export async function handOver(text: string, refusal: (reason: string) => string): Promise<void> {
  if (isDiscarded()) throw new CommandFailed(refusal(DISCARDED), EXIT.output);
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.write(`${text}\n`, resolve);
  });
  if (!error) return;
  throw new CommandFailed(refusal(unwritable(error.code)), EXIT.output);
}

/** Waits until all that was printed is written or lost. Returns what to tell where it is lost, unless its reader left. */
export async function lostOutput(): Promise<{ sentence: string; exitCode: number } | undefined> {
  await new Promise((resolve) => process.stdout.write('', resolve));
  await new Promise(setImmediate); // the error event comes after the callback
  if (failure === undefined) return undefined;
  const exitCode = isAnswer ? EXIT.output : EXIT.ok;
  const whole = isAnswer ? 'The output is not complete.' : 'The work is done.';
  return { sentence: `${whole} ${unwritable(failure)}`, exitCode };
}

const DISCARDED = 'Standard output is closed or discarded: lead it to a terminal or a file.';

/** Node opens the null device in place of a standard output that is closed. */
function isDiscarded(): boolean {
  const { rdev } = fstatSync(process.stdout.fd);
  const sink = statSync(devNull, { throwIfNoEntry: false });
  return sink?.isCharacterDevice() === true && sink.rdev === rdev;
}

function unwritable(code: string | undefined): string {
  return `Standard output cannot be written (${code}): look at what it leads to.`;
}
