import { errorWithoutData } from './error-without-data.ts';
import type { Log } from './log.ts';

/** Wraps a log so that each error in `err` is logged without data (`errorWithoutData`). */
export function loggedWithoutData(log: Log): Log {
  const sanitize = (fields: object) =>
    'err' in fields ? { ...fields, err: errorWithoutData(fields.err) } : fields;
  return {
    warn: (fields, message) => log.warn(sanitize(fields), message),
    error: (fields, message) => log.error(sanitize(fields), message),
  };
}
