import { SECOND } from '../lib/time.ts';
import type { StandardOutput } from './output/standard-output.ts';

/** Maximum milliseconds for writing the last log lines. */
const FLUSH_TIMEOUT = SECOND;

/**
 * Writes the last lines, then ends the process with an exit code. If a write stays pending, e.g. to a terminal stopped
 * with Ctrl-S, a SIGTERM ends the process, because `process.exit` would wait for the write.
 */
export async function leave(code: number, output: StandardOutput): Promise<never> {
  await output.flush(FLUSH_TIMEOUT);
  if (!output.isWriting()) process.exit(code);
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
  process.abort(); // ends PID 1 of a container, on which its own SIGTERM has no effect
}
