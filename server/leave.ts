import { SECOND } from '../lib/time.ts';
import type { StandardOutput } from './output/standard-output.ts';

/** For the last lines of the log, in milliseconds. */
const FLUSH = SECOND;

/**
 * Ends the process with a code, after the last lines. Where the system still holds a write, such as one to a
 * terminal that was halted, an exit would wait for it: then SIGTERM ends the process, as if it were not handled.
 */
export async function leave(code: number, output: StandardOutput): Promise<never> {
  await output.flush(FLUSH);
  if (!output.isHeld()) process.exit(code);
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
  process.abort(); // the first process of a container survives its own SIGTERM
}
