/** Prints the progress of scripts: plain lines, coloured on a terminal. */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/** Reports the progress of a long step. Prints at most one line every 30 seconds. */
export type Detail = (text: string) => void;

/** Reports the progress of a script. */
export interface Report {
  /** Prints a line. */
  note(text: string): void;
  /** Prints a warning. */
  warn(text: string): void;
  /** Prints the title, runs `work`, and prints the elapsed time. Rethrows an error of `work`. */
  step<T>(title: string, work: (detail: Detail) => Promise<T>): Promise<T>;
}

/** Colours a text, or returns it unchanged for a stream without colours. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>;

/** Creates a painter that colours text only if `stream` is a terminal and NO_COLOR is not set. */
export function painter(stream: Output): Paint {
  const colours = stream.isTTY === true && stream.hasColors?.() === true;
  // `validateStream` is off, because styleText would check stdout and not `stream`.
  return (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text);
}

/** Minimum milliseconds between two lines about the progress of a step. */
const NOW_AND_THEN = 30_000;

/**
 * Creates a report that writes to `stream`.
 *
 * @param now - a monotonic clock, in milliseconds.
 */
export function createReport(stream: Output, now = () => performance.now()): Report {
  const paint = painter(stream);
  const line = (text: string) => void stream.write(`${text}\n`);

  async function step<T>(title: string, work: (detail: Detail) => Promise<T>): Promise<T> {
    const started = now();
    const end = (mark: string) => {
      const seconds = ((now() - started) / 1000).toFixed(1);
      line(`${mark} ${title} ${paint('dim', `(${seconds} s)`)}`);
    };
    let lastAt = started;
    line(`  ${title} ...`);
    try {
      const result = await work((text) => {
        if (now() - lastAt < NOW_AND_THEN) return;
        lastAt = now();
        line(`  ${title}: ${text}`);
      });
      end(paint('green', '✓'));
      return result;
    } catch (error) {
      end(paint('red', '✗'));
      throw error;
    }
  }

  return {
    note: (text) => line(`${paint('blue', '·')} ${text}`),
    warn: (text) => line(`${paint('yellow', '!')} ${text}`),
    step,
  };
}

/** A report that prints nothing, for tests. */
export const silentReport: Report = {
  note() {},
  warn() {},
  step: (_title, work) => work(() => {}),
};
