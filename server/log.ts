import { type DestinationStream, type Logger, pino } from 'pino';
import { ADVICE } from './advice.ts';
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
    serializers: { err: describeError, remedy: describeRemedy },
  };
  return pino(options, destination);
}

/** Replaces the code of a remedy by the advice of this server, e.g. the command to run. */
function describeRemedy(code: unknown): unknown {
  return Object.entries(ADVICE).find(([remedy]) => remedy === code)?.[1] ?? code;
}
