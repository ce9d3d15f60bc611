import { errorWithoutData } from './error-without-data.ts';
import type { Log } from './log.ts';

/** The same log, told of errors (`err`) without what they carry, whoever writes its lines. */
export function loggedWithoutData(log: Log): Log {
  const plain = (fields: object) =>
    'err' in fields ? { ...fields, err: errorWithoutData(fields.err) } : fields;
  return {
    warn: (fields, message) => log.warn(plain(fields), message),
    error: (fields, message) => log.error(plain(fields), message),
  };
}
