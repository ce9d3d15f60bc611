import { MINUTE } from '../../lib/time.ts';

export interface DropsOptions {
  /** Formats the line that reports the number of dropped lines. */
  readonly describeDropped: (lines: number) => string;
  /** Called with the code of the system error when lines begin to be dropped, at most once a minute. */
  readonly onDrop: (code: string) => void;
}

/** Counts dropped lines until the count is written. */
export interface Drops {
  add(lines: number, code: string): void;
  /** Returns the line that reports the count, or undefined if no line was dropped. */
  take(): string | undefined;
  /** Called after each write. After a failed write, the next line of `take` includes the count again. */
  settle(isWritten: boolean): void;
}

const REPORT_INTERVAL = MINUTE;

export function createDrops({ describeDropped, onDrop }: DropsOptions): Drops {
  let count = 0;
  let taken = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return {
    add(lines, code) {
      const isFirst = count + taken === 0 && lines > 0;
      count += lines;
      if (!isFirst || performance.now() - reportedAt < REPORT_INTERVAL) return;
      reportedAt = performance.now();
      onDrop(code);
    },
    take() {
      if (count === 0) return undefined;
      taken = count;
      count = 0;
      return describeDropped(taken);
    },
    settle(isWritten) {
      if (!isWritten) count += taken;
      taken = 0;
    },
  };
}
