import { type DestinationStream, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';
import { openStandardOutput } from './output/standard-output.ts';

/** JSON lines, on standard output unless another destination is given. Of an error only its kind, message, code and stack, never what it carries. */
export function createLog(
  level: string,
  destination: DestinationStream = openStandardOutput(),
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
