import { SECOND } from '../lib/time.ts';
import type { StandardOutput } from './output/standard-output.ts';

/** Milliseconds to write the last log lines. */
const FLUSH_TIMEOUT = SECOND;

/**
 * Ends the process with a code after writing the last lines. During a pending write, e.g. to a terminal stopped
 * with Ctrl-S, `process.exit` would wait, so the process sends itself an unhandled SIGTERM instead.
 */
export async function leave(code: number, output: StandardOutput): Promise<never> {
  await output.flush(FLUSH_TIMEOUT);
  if (!output.isWriting()) process.exit(code);
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
  process.abort(); // PID 1 of a container survives its own SIGTERM
}
