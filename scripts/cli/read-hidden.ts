import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from './cli-error.ts';

/** Prompts on the terminal for one line, without echo. */
export async function readHidden(prompt: string): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(prompt);
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question('');
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      throw new CliError(EXIT.interrupted, 'Stopped.');
    }
    throw error;
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
