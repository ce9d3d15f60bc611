/** Where the library tells operators what no caller can be told. A pino logger fits. */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silent: Log = { warn: () => undefined, error: () => undefined };
