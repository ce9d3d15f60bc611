/**
 * How `npm run dev` and `npm test` tell what they are doing: a spinner on a terminal, plain lines
 * elsewhere. Imports a devDependency, so nothing that runs in production may import this file.
 */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import yoctoSpinner from 'yocto-spinner';

/** Where a long piece of work tells how far it is; told now and then where it is not shown on a terminal. */
export type Detail = (text: string) => void;

/** The voice of a script. */
export interface Report {
  /** One line worth knowing. */
  note(text: string): void;
  /** One line that asks for attention. */
  warn(text: string): void;
  /**
   * Runs `work` under a title, with the elapsed time. What `work` throws is thrown again, after the
   * title has been marked as failed.
   */
  step<T>(title: string, work: (detail: Detail) => Promise<T>): Promise<T>;
}

/** Colours a text, or leaves it as it is. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>;

/** A painter for `stream`: colours on a terminal only, and not where NO_COLOR is set. */
export function painter(stream: Output): Paint {
  const colours = stream.isTTY === true && stream.hasColors?.() === true;
  // Whether to colour is decided above, for the stream meant; styleText would look at stdout.
  return (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text);
}

/**
 * A report that writes to `stream`.
 *
 * @param env - `TERM=dumb` and `CI` turn the spinner off: both mean that nobody watches it turn.
 * @param now - a monotonic clock, in milliseconds.
 */
export function createReport(
  stream: Output,
  env: NodeJS.ProcessEnv,
  now = () => performance.now(),
): Report {
  const paint = painter(stream);
  const line = (text: string) => void stream.write(`${text}\n`);
  const turning = stream.isTTY === true && env['TERM'] !== 'dumb' && env['CI'] === undefined;
  return {
    note: (text) => line(`${paint('blue', '·')} ${text}`),
    warn: (text) => line(`${paint('yellow', '!')} ${text}`),
    step: (title, work) =>
      timed(work, turning ? spin(stream, title) : plain(line, title, now), {
        done: (time) => `${paint('green', '✓')} ${title} ${paint('dim', time)}`,
        failed: (time) => `${paint('red', '✗')} ${title} ${paint('dim', time)}`,
      }),
  };
}

/** A report that says nothing, for tests. */
export const silentReport: Report = {
  note() {},
  warn() {},
  step: (_title, work) => work(() => {}),
};

interface Display {
  detail: Detail;
  end(lastLine: string): void;
}

type LastLine = Record<'done' | 'failed', (time: string) => string>;

async function timed<T>(
  work: (detail: Detail) => Promise<T>,
  display: Display,
  lastLine: LastLine,
): Promise<T> {
  const started = performance.now();
  try {
    const result = await work(display.detail);
    display.end(lastLine.done(secondsSince(started)));
    return result;
  } catch (error) {
    display.end(lastLine.failed(secondsSince(started)));
    throw error;
  }
}

function secondsSince(started: number): string {
  return `(${((performance.now() - started) / 1000).toFixed(1)} s)`;
}

/** Milliseconds between two lines about the same piece of work. */
const NOW_AND_THEN = 30_000;

function plain(line: (text: string) => void, title: string, now: () => number): Display {
  let lastAt = now();
  line(`  ${title} ...`);
  return {
    detail(text) {
      if (now() - lastAt < NOW_AND_THEN) return;
      lastAt = now();
      line(`  ${title}: ${text}`);
    },
    end: line,
  };
}

function spin(stream: Output, title: string): Display {
  const started = performance.now();
  let detail = '';
  // Signals stay with the caller: the spinner's own handler would exit and leave mongod behind.
  const spinner = yoctoSpinner({ stream: stream as WriteStream, handleSignals: false });
  const draw = () => {
    spinner.text = [title, detail, secondsSince(started)].filter(Boolean).join(' ');
  };
  const timer = setInterval(draw, 100);
  const stop = (lastLine?: string) => {
    clearInterval(timer);
    process.off('exit', stopAtExit);
    spinner.stop(lastLine);
  };
  // A process.exit() in the middle of a step would leave the terminal without its cursor.
  const stopAtExit = () => stop();
  process.once('exit', stopAtExit);
  spinner.start(title);
  return {
    detail: (text) => {
      detail = text;
    },
    end: stop,
  };
}
