import { type DestinationStream, type Logger, pino } from 'pino';

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

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string | undefined;
  readonly cause?: DescribedError;
}

const DEEPEST_CAUSE = 4;

function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  return {
    type: error.name,
    message: messageOf(error),
    ...('code' in error && { code: error.code }),
    stack: depth === 0 ? framesOf(error) : undefined,
    ...(error.cause !== undefined &&
      depth < DEEPEST_CAUSE && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** MongoDB's own messages quote the command that failed, with what it looked for. */
function messageOf(error: Error): string {
  return 'codeName' in error ? `MongoDB answered ${error.codeName}` : error.message;
}

function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
