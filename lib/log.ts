/** A logger for faults that are not returned to a caller. A pino logger fits. */
export interface Log {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A logger that discards everything. */
export const silent: Log = { warn: () => undefined, error: () => undefined };
