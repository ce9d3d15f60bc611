import { type DestinationStream, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';

/** In bytes: what waits for a reader of standard output that does not read; beyond it, lines are dropped. */
const MOST_WAITING = 16 * 1024 * 1024;

/**
 * Standard output, not waited for: a write for each line would take as long as a tenth of a request. What
 * is left is written when the process ends, whichever way but by SIGKILL.
 */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, maxLength: MOST_WAITING });
}

/** JSON lines, on standard output unless another destination is given. Of an error only its kind, message, code and stack, never what it carries. */
export function createLog(
  level: string,
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return pino(options, destination);
}
