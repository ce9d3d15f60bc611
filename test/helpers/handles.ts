import { createHook } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { SECOND } from '../../lib/time.ts';

/**
 * Watches the timers and threads that the library makes in this thread from now on, also those that would not keep a
 * process alive: `process.getActiveResourcesInfo` omits them.
 */
export function watchHandles() {
  const made = new Map<number | Worker, string>();
  createHook({
    init(id, type) {
      const place = type === 'Timeout' ? maker() : undefined;
      if (place !== undefined) made.set(id, place);
    },
    destroy: (id) => made.delete(id),
  }).enable();
  process.on('worker', (worker) => {
    made.set(worker, 'a thread');
    worker.once('exit', () => made.delete(worker));
  });
  /** Returns the open ones, by the place that created them. */
  const open = () => [...made.values()];
  /** Waits for them to end; returns those that are still open after 5 seconds. */
  async function left(): Promise<string[]> {
    const until = performance.now() + 5 * SECOND;
    do await nextTurn();
    while (open().length > 0 && performance.now() < until);
    return open();
  }
  return { open, left };
}

/** Returns the file of the library that created a timer; undefined for other creators. */
function maker(): string | undefined {
  const frames = new Error().stack?.split('\n').slice(1) ?? [];
  const caller = frames.find((frame) => !/\bnode:|helpers\/handles\./.test(frame)) ?? '';
  return /node_modules/.test(caller) ? undefined : /\/(lib\/[^:]+:\d+)/.exec(caller)?.[1];
}
