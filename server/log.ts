import { type DestinationStream, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';
import { openStandardOutput } from './output/standard-output.ts';

/** Creates a log of JSON lines, on standard output by default. Errors are logged without user data. */
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
