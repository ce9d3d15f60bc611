const DEEPEST_CAUSE = 4;
const MOST_ERRORS = 4;

/**
 * A copy of an error that can be logged: name, message, code, frames, and the same of its causes. MongoDB's own errors
 * have no message there: it quotes the command that failed and the values of the key that was there twice,
 * and so does much of what hangs on them.
 */
export function errorWithoutData(error: unknown, depth = 0): Error {
  if (!(error instanceof Error)) return named(new Error('not an Error'), typeof error);
  const name = String(error.name);
  const copy = named(new Error(isOfMongoDb(error) ? answerOf(error) : error.message), name);
  copy.stack = `${name}: ${copy.message}\n${framesOf(error)}`;
  if ('code' in error) Object.assign(copy, { code: plainCode(error.code) });
  if ('codeName' in error) Object.assign(copy, { codeName: plainCode(error.codeName) });
  if (depth >= DEEPEST_CAUSE) return copy;
  if (error.cause !== undefined) copy.cause = errorWithoutData(error.cause, depth + 1);
  if (error instanceof AggregateError) {
    const errors = error.errors.slice(0, MOST_ERRORS);
    Object.assign(copy, { errors: errors.map((each) => errorWithoutData(each, depth + 1)) });
  }
  return copy;
}

/** Properties that only the driver's errors have, whatever their class is called. */
const MARKS = [
  'codeName',
  'errorLabels',
  'errorLabelSet',
  'errorResponse',
  'writeErrors',
  'keyValue',
];

/** Recognizes the driver's errors, also those of another copy or version of it. */
export function isOfMongoDb(error: Error): boolean {
  if (MARKS.some((mark) => mark in error) || isDriverName(error.name)) return true;
  for (let of = Object.getPrototypeOf(error); of !== null; of = Object.getPrototypeOf(of)) {
    if (isDriverName(of.constructor?.name)) return true;
  }
  return false;
}

function isDriverName(name: unknown): boolean {
  return /^(Mongo|BSON|BulkWrite|WriteError|WriteConcernError)/.test(String(name));
}

/** Names an error by the name or the number that MongoDB has for it, and by nothing else. */
export function answerOf(error: Error): string {
  const { code, codeName } = error as { readonly code?: unknown; readonly codeName?: unknown };
  if (typeof codeName === 'string' && /^\w{1,64}$/.test(codeName))
    return `MongoDB answered ${codeName}`;
  if (typeof code === 'number') return `MongoDB answered with error ${code}`;
  return "MongoDB's driver failed";
}

function plainCode(code: unknown): unknown {
  const isPlain = typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code));
  return isPlain ? code : undefined;
}

/** The lines below the message, which may itself have lines. */
function framesOf({ stack = '', message }: Error): string {
  const start = stack.indexOf(message);
  return (start < 0 ? stack : stack.slice(start + message.length))
    .split('\n')
    .filter((line) => /^\s+at .*(:\d+\)?|\(native\)|<anonymous>\)?)$/.test(line))
    .join('\n');
}

function named(error: Error, name: string): Error {
  return Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
}
