import { setTimeout as delay } from 'node:timers/promises';
import { openDescriptor } from './descriptor.ts';
import { createOutput, type Output } from './output.ts';

export interface StandardOutput extends Output {
  /** Writes a text to standard error, if it can be written. `flush` waits for it as well. */
  writeError(text: string): void;
  /** True while the system holds a write: `process.exit` would wait for it, maybe for ever. */
  isHeld(): boolean;
}

/**
 * Opens standard output for JSON lines. When lines begin to be dropped, one sentence goes to standard error
 * if it can be written; when lines can be written again, the first is the number of those that were dropped.
 */
export function openStandardOutput(): StandardOutput {
  const stdout = openDescriptor(1);
  const stderr = openDescriptor(2);
  let told: Promise<unknown> = Promise.resolve();

  function writeError(text: string): void {
    told = told.then(() => stderr.write(Buffer.from(text)));
  }

  const { write, flush } = createOutput(stdout, {
    describeDropped,
    onDrop: (code) => writeError(`${sentenceFor(code)}\n`),
  });
  return {
    write,
    writeError,
    flush: async (timeout) => {
      await Promise.all([flush(timeout), Promise.race([told, delay(timeout)])]);
      const returned = Promise.all([stdout.returned(), stderr.returned()]);
      await Promise.race([returned, delay(timeout)]); // one that fails is held as well, for a moment
    },
    isHeld: () => stdout.isHeld() || stderr.isHeld(),
  };
}

function describeDropped(lines: number): string {
  const fields = { level: 'warn', time: new Date().toISOString(), dropped_lines: lines };
  return `${JSON.stringify({ ...fields, msg: 'lines of the log could not be written, and are lost' })}\n`;
}

const CAUSES: Readonly<Record<string, string>> = {
  EAGAIN: 'nobody reads standard output',
  EPIPE: 'the reader of standard output has gone',
  ENOSPC: 'no space is left for standard output',
  EFBIG: 'standard output has reached the largest size of a file',
};

function sentenceFor(code: string): string {
  const cause = CAUSES[code] ?? 'standard output cannot be written';
  return `rescind drops lines of its log: ${cause} (${code}). Requests are served; make it writable again, and the log goes on with the number of lines that are lost.`;
}
