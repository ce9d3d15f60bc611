import { MINUTE } from '../../lib/time.ts';

export interface DropsOptions {
  /** Makes the line that tells how many lines were dropped, once lines can be written again. */
  readonly describeDropped: (lines: number) => string;
  /** Called when lines begin to be dropped, at most once a minute, with the system's code. */
  readonly onDrop: (code: string) => void;
}

/** Counts dropped lines until their count has been written. */
export interface Drops {
  add(lines: number, code: string): void;
  /** Returns the line with the count so far; undefined when nothing was dropped. */
  take(): string | undefined;
  /** Ends what `take` began: the line has been written, or has not, and then its count stands. */
  settle(isWritten: boolean): void;
}

const TELL_AGAIN = MINUTE;

/** Creates a count of none. */
export function createDrops({ describeDropped, onDrop }: DropsOptions): Drops {
  let count = 0;
  let taken = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    add(lines, code) {
      const isFirst = count + taken === 0 && lines > 0;
      count += lines;
      if (!isFirst || performance.now() - toldAt < TELL_AGAIN) return;
      toldAt = performance.now();
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
