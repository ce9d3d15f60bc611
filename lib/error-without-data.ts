const DEEPEST_CAUSE = 4;
const MOST_ERRORS = 4;

/**
 * Returns a copy of an error that is safe to log. It has the name, message, code and stack frames of the error and
 * of its causes. The message of a MongoDB error is replaced, and all other properties are left out, since they may
 * contain the failed command or the values of a duplicate key.
 */
export function errorWithoutData(error: unknown, depth = 0): Error {
  if (!(error instanceof Error)) return withName(new Error('not an Error'), typeof error);
  const name = String(error.name);
  const copy = withName(
    new Error(isMongoError(error) ? describeMongoCode(error) : error.message),
    name,
  );
  copy.stack = `${name}: ${copy.message}\n${readFrames(error)}`;
  for (const code of ['code', 'codeName', 'remedy']) {
    if (code in error) Object.assign(copy, { [code]: plainCode(Reflect.get(error, code)) });
  }
  if (depth >= DEEPEST_CAUSE) return copy;
  if (error.cause !== undefined) copy.cause = errorWithoutData(error.cause, depth + 1);
  if (error instanceof AggregateError) {
    const errors = error.errors.slice(0, MOST_ERRORS);
    Object.assign(copy, { errors: errors.map((each) => errorWithoutData(each, depth + 1)) });
  }
  return copy;
}

/** Properties that only errors of the MongoDB driver have. They identify an error whatever its class is named. */
const MARKS = [
  'codeName',
  'errorLabels',
  'errorLabelSet',
  'errorResponse',
  'writeErrors',
  'keyValue',
];

/** Returns true for an error of the MongoDB driver, even if another copy or version of the driver threw it. */
export function isMongoError(error: Error): boolean {
  if (MARKS.some((mark) => mark in error) || isDriverName(error.name)) return true;
  for (let type = Object.getPrototypeOf(error); type !== null; type = Object.getPrototypeOf(type)) {
    if (isDriverName(type.constructor?.name)) return true;
  }
  return false;
}

function isDriverName(name: unknown): boolean {
  return /^(Mongo|BSON|BulkWrite|WriteError|WriteConcernError)/.test(String(name));
}

/** Describes a MongoDB error by its code only, since its message may contain the command or values. */
export function describeMongoCode(error: Error): string {
  const { code, codeName } = error as { readonly code?: unknown; readonly codeName?: unknown };
  if (typeof codeName === 'string' && /^\w{1,64}$/.test(codeName))
    return `MongoDB returned the error ${codeName}`;
  if (typeof code === 'number') return `MongoDB returned the error ${code}`;
  return 'The MongoDB driver failed';
}

function plainCode(code: unknown): unknown {
  const isPlain = typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code));
  return isPlain ? code : undefined;
}

/** Returns the stack frames of `stack` without the message before them, which may contain data. */
function readFrames({ stack = '', message }: Error): string {
  const start = stack.indexOf(message);
  return (start < 0 ? stack : stack.slice(start + message.length))
    .split('\n')
    .filter((line) => /^\s+at .*(:\d+\)?|\(native\)|<anonymous>\)?)$/.test(line))
    .join('\n');
}

function withName(error: Error, name: string): Error {
  return Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
}
