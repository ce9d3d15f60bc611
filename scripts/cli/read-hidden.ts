import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';

/** Asks on the terminal for one line that is not shown while it is typed. */
export async function readHidden(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(prompt);
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      throw new CommandFailed('Stopped.', EXIT.interrupted);
    }
    throw error;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
