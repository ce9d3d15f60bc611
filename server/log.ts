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
    timestamp: createTimestamp(),
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, remedy: describeRemedy },
  };
  return pino(options, destination);
}

/** Returns a function that formats the time of a line (RFC 3339), once for all lines of a millisecond. */
function createTimestamp(): () => string {
  let last = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`;
    last = now;
    return text;
  };
}

/** Replaces the code of a remedy by the advice of this server, e.g. the command to run. */
function describeRemedy(code: unknown): unknown {
  return Object.entries(ADVICE).find(([remedy]) => remedy === code)?.[1] ?? code;
}
