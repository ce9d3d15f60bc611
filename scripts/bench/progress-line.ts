import type { WriteStream } from 'node:tty';
import { type Step, secondsOf } from './step.ts';

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/**
 * Performs steps one after another and tells which one is under way: one line that changes on a terminal,
 * a line for each step elsewhere. Writes between steps only, for a run is not to be disturbed. Rejects
 * where the signal is aborted before the last step.
 */
export async function performSteps(
  steps: readonly Step[],
  stream: Output,
  signal: AbortSignal,
): Promise<void> {
  const total = secondsOf(steps);
  const started = performance.now();
  let done = 0;
  for (const [index, step] of steps.entries()) {
    const left = timeLeft(done, total, (performance.now() - started) / 1000);
    const line = `[${index + 1}/${steps.length}] ${left} left · ${step.title}`;
    const width = (stream.columns ?? 80) - 1;
    if (signal.aborted) throw new Error('The bench was interrupted');
    stream.write(stream.isTTY ? `\r\x1b[K${line.slice(0, width)}` : `${line}\n`);
    await step.perform();
    done += step.seconds;
  }
  if (stream.isTTY) stream.write('\r\x1b[K');
}

/** The estimate, corrected by how long what is done took in truth. All in seconds. */
export function timeLeft(done: number, total: number, elapsed: number): string {
  const pace = done === 0 ? 1 : elapsed / done;
  const left = (total - done) * pace;
  return left < 60 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`;
}
