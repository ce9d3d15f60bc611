import { setTimeout as delay } from 'node:timers/promises';
import { openDescriptor } from './descriptor.ts';
import { createOutput, type Output } from './output.ts';

export interface StandardOutput extends Output {
  /** Writes a text to standard error if possible. `flush` also waits for this write. */
  writeError(text: string): void;
  /** Returns true while a system call is pending. `process.exit` would wait for this call, possibly forever. */
  isWriting(): boolean;
}

/**
 * Opens standard output for JSON lines. When lines begin to be dropped, a sentence is written to standard error.
 * Once lines can be written again, a line reports the number of dropped lines.
 */
export function openStandardOutput(): StandardOutput {
  const stdout = openDescriptor(1);
  const stderr = openDescriptor(2);
  let errors: Promise<unknown> = Promise.resolve();

  function writeError(text: string): void {
    errors = errors.then(() => stderr.write(Buffer.from(text)));
  }

  const { write, flush } = createOutput(stdout, {
    describeDropped,
    onDrop: (code) => writeError(`${describeDrop(code)}\n`),
  });
  return {
    write,
    writeError,
    flush: async (timeout) => {
      await Promise.all([flush(timeout), Promise.race([errors, delay(timeout)])]);
      const returned = Promise.all([stdout.returned(), stderr.returned()]);
      await Promise.race([returned, delay(timeout)]); // lets a pending system call return
    },
    isWriting: () => stdout.isWriting() || stderr.isWriting(),
  };
}

function describeDropped(lines: number): string {
  const fields = { level: 'warn', time: new Date().toISOString(), dropped_lines: lines };
  return `${JSON.stringify({ ...fields, msg: 'log lines could not be written and were dropped' })}\n`;
}

const CAUSES: Readonly<Record<string, string>> = {
  EAGAIN: 'nobody reads standard output',
  EPIPE: 'the reader of standard output has gone',
  ENOSPC: 'no space is left for standard output',
  EFBIG: 'standard output has reached the maximum file size',
};

function describeDrop(code: string): string {
  const cause = CAUSES[code] ?? 'standard output cannot be written';
  return `rescind is dropping log lines: ${cause} (${code}). Requests are still served. Make standard output writable again; the log then continues with the number of dropped lines.`;
}
