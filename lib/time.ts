/** Conversions between units of time. Durations are milliseconds unless their name has another unit. */

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

/** Returns the time in milliseconds since 1970. */
export type Clock = () => number;

/** Converts milliseconds to whole seconds, the unit of `iat`, `exp` and `Retry-After` (RFC 7519 section 2). */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / SECOND);
}

/** Converts whole seconds, as in `iat` and `exp`, to a Date. */
export function dateFromSeconds(seconds: number): Date {
  return new Date(seconds * SECOND);
}

/** Converts `<integer><ms|s|m|h|d>`, such as `15m`, to milliseconds. Returns undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/**
 * Returns the result of `work`. Rejects with `timedOut()` after `milliseconds`, and with the signal's reason when it
 * aborts, but does not cancel the work.
 */
export function withTimeout<T>(
  milliseconds: number,
  work: Promise<T>,
  timedOut: () => Error,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(timedOut()), Math.max(0, milliseconds));
    const onAbort = () => fail(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const settle = (value: T) => {
      end();
      resolve(value);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    if (signal?.aborted) onAbort();
    work.then(settle, fail);
  });
}
