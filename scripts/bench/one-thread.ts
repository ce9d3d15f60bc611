/** In a worker thread: checks passwords by rescind's own worker, and does nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import { check } from '../../lib/password-worker.ts';

/** What to check, and for how many milliseconds. */
export interface OneThreadTask {
  readonly password: string;
  readonly hash: string;
  readonly duration: number;
}

const { password, hash, duration } = workerData as OneThreadTask;
const task = { password, hash, startBy: Number.POSITIVE_INFINITY };

await check(task); // the first one compiles
const started = performance.now();
let checks = 0;
for (; performance.now() - started < duration; checks++) {
  if ((await check(task)) !== true) throw new Error('the password does not fit');
}
parentPort?.postMessage((1000 * checks) / (performance.now() - started));
