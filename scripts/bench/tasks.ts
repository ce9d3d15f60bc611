import type { WriteStream } from 'node:tty';
import type { Findings } from './results.ts';

/** A piece of the bench's work, and an estimate of its seconds. */
export interface Task {
  /** The row or experiment. The bench goes on without it when it fails, and ends when there is none. */
  readonly id?: string;
  readonly title: string;
  readonly seconds: number;
  perform(): Promise<Partial<Findings> | undefined>;
}

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

export function sumSeconds(tasks: readonly Task[]): number {
  return tasks.reduce((sum, { seconds }) => sum + seconds, 0);
}

/**
 * Performs tasks in order and shows the current one: one line that changes on a terminal, a line for each
 * task elsewhere. Writes between tasks only, to disturb no measurement. Rejects once the signal is aborted.
 */
export async function performTasks(
  tasks: readonly Task[],
  stream: Output,
  signal: AbortSignal,
  perform: (task: Task) => Promise<unknown>,
): Promise<void> {
  const total = sumSeconds(tasks);
  const started = performance.now();
  let done = 0;
  for (const [index, task] of tasks.entries()) {
    if (signal.aborted) throw new Error('The bench was interrupted');
    const left = formatTimeLeft(done, total, (performance.now() - started) / 1000);
    const line = `[${index + 1}/${tasks.length}] ${left} left · ${task.title}`;
    const width = (stream.columns ?? 80) - 1;
    stream.write(stream.isTTY ? `\r\x1b[K${line.slice(0, width)}` : `${line}\n`);
    await perform(task);
    done += task.seconds;
  }
  if (stream.isTTY) stream.write('\r\x1b[K');
}

/** Formats the time left: the estimate, corrected by the pace so far. All in seconds. */
export function formatTimeLeft(done: number, total: number, elapsed: number): string {
  const pace = done === 0 ? 1 : elapsed / done;
  const left = (total - done) * pace;
  return left < 60 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`;
}

/** Collects the findings of tasks, and the errors of the rows and experiments that failed. */
export class Collector {
  readonly failures: Record<string, string> = {};
  readonly #found: { id: string; findings: Partial<Findings> }[] = [];

  /** Performs a task, unless its row or experiment has failed. */
  async perform({ id = '', perform }: Task, warn: (text: string) => void): Promise<void> {
    if (id in this.failures) return;
    try {
      this.#found.push({ id, findings: (await perform()) ?? {} });
    } catch (error) {
      if (id === '') throw error;
      this.failures[id] = (error as Error).message;
      warn(`${id} failed: ${this.failures[id]}`);
    }
  }

  /** Returns the findings of everything that has not failed. */
  merge(): Findings {
    const good = this.#found.filter(({ id }) => !(id in this.failures));
    const names = ['runs', 'logins', 'besideLogins', 'endpoints', 'memory', 'storage'] as const;
    const merge = (name: keyof Findings) =>
      good.flatMap(({ findings }): unknown => findings[name] ?? []);
    return Object.fromEntries(names.map((name) => [name, merge(name)])) as unknown as Findings;
  }
}
