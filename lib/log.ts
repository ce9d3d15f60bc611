import { errorWithoutData } from './error-without-data.ts';

/** Where the library tells operators what no caller can be told. A pino logger fits. */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silent: Log = { warn: () => undefined, error: () => undefined };

/** The same log, told of errors (`err`) without what they carry, whoever writes its lines. */
export function loggedWithoutData(log: Log): Log {
  const plain = (fields: object) =>
    'err' in fields ? { ...fields, err: errorWithoutData(fields.err) } : fields;
  return {
    warn: (fields, message) => log.warn(plain(fields), message),
    error: (fields, message) => log.error(plain(fields), message),
  };
}
