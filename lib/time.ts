/** The one place that converts units of time. Durations are milliseconds unless a name says otherwise. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
};

/** Tells the time: milliseconds since 1970. Passed in wherever a decision depends on it. */
export type Clock = () => number;

/** Milliseconds as whole seconds, the unit of `iat`, `exp` and `Retry-After` (RFC 7519 section 2). */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND);
}

/** Whole seconds, as in `iat` and `exp`, as a Date. */
export function dateFromSeconds(seconds: number): Date {
  return new Date(seconds * SECOND);
}

/** Reads `<integer><ms|s|m|h|d>`, such as `15m`, as milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** The answer of the work, or after so many milliseconds the error. The work itself goes on, unseen. */
export function within<T>(
  milliseconds: number,
  work: Promise<T>,
  tooLate: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate()), Math.max(0, milliseconds));
    const settle = (value: T) => {
      clearTimeout(timer);
      resolve(value);
    };
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    };
    work.then(settle, fail);
  });
}
