import { sum } from 'simple-statistics';
import type { Findings } from './results.ts';

/** A piece of the bench's work, and an estimate of its seconds. */
export interface Task {
  /** The row or experiment. When it fails, its other tasks are skipped. */
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
  perform(): Promise<Partial<Findings>>;
}

/**
 * Performs tasks in order, and prints each before: between tasks only, to disturb no measurement. Rejects once the
 * signal is aborted. Returns the findings of all rows and experiments that have not failed.
 */
export async function performTasks(
  tasks: readonly Task[],
  stream: NodeJS.WritableStream,
  signal: AbortSignal,
) {
  const found: (Partial<Findings> & Pick<Task, 'id'>)[] = [];
  const failures: Record<string, string> = {};
  const estimates = tasks.map(({ seconds }) => seconds);
  const started = performance.now();
  for (const [index, { id, title, perform }] of tasks.entries()) {
    if (signal.aborted) throw new Error('The bench was interrupted');
    const done = sum(estimates.slice(0, index));
    const left = formatTimeLeft(done, sum(estimates), (performance.now() - started) / 1000);
    stream.write(`[${index + 1}/${tasks.length}] ${left} left · ${title}\n`);
    if (id in failures) continue;
    try {
      found.push({ id, ...(await perform()) });
    } catch (error) {
      failures[id] = (error as Error).message;
      stream.write(`! ${id} failed: ${failures[id]}\n`);
    }
  }
  return { ...mergeFindings(found.filter(({ id }) => !(id in failures))), failures };
}

function mergeFindings(found: readonly Partial<Findings>[]): Findings {
  return {
    runs: found.flatMap(({ runs = [] }) => runs),
    profiles: found.flatMap(({ profiles = [] }) => profiles),
    logouts: found.flatMap(({ logouts = [] }) => logouts),
    atRest: found.flatMap(({ atRest = [] }) => atRest),
    knownTokens: found.flatMap(({ knownTokens = [] }) => knownTokens),
    storage: found.flatMap(({ storage = [] }) => storage),
  };
}

/** Formats the time left: the estimate, corrected by the pace so far. All in seconds. */
export function formatTimeLeft(done: number, total: number, elapsed: number): string {
  const pace = done === 0 ? 1 : elapsed / done;
  const left = (total - done) * pace;
  return left < 60 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`;
}
