import { fileURLToPath } from 'node:url';
import { type Asked, startAsked } from '../asked-child.ts';
import type { Pinning } from '../pinning.ts';
import type {
  GeneratorAnswer,
  GeneratorTask,
  PoolTask,
  RunTask,
  StreamResult,
} from './protocol.ts';

/** The load generator, seen from the harness. */
export interface Generator {
  /** Makes requests and keeps them under their name; outside of any measured time. */
  makePool(task: PoolTask): Promise<void>;
  /** Runs the streams at the same time. Rejects when a request gets no answer. */
  run(task: RunTask): Promise<readonly StreamResult[]>;
}

/** Starts the generator on the processors that are not the server's. */
export async function startGenerator(pinning: Pinning): Promise<Generator & Asked> {
  const child = await startAsked(pinning, {
    file: fileURLToPath(new URL('./generator.js', import.meta.url)),
    env: {},
    processors: 'others',
  });

  async function ask(task: GeneratorTask): Promise<GeneratorAnswer> {
    const answer = await child.ask<GeneratorAnswer>(task);
    if ('failed' in answer) throw new Error(answer.failed);
    return answer;
  }

  return {
    ...child,
    makePool: async (task) => void (await ask(task)),
    async run(task) {
      const answer = await ask(task);
      return 'results' in answer ? answer.results : [];
    },
  };
}
