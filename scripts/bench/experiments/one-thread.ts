/** One worker thread that checks passwords by rescind's own worker, and does nothing else. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { hashSync } from 'bcryptjs';
import { check } from '../../../lib/passwords/worker.ts';
import { BCRYPT_COST, PASSWORD } from '../tokens.ts';

/** Measures the checks per second of one thread over `duration` milliseconds. */
export async function measureOneThread(duration: number): Promise<number> {
  const hash = hashSync(PASSWORD, BCRYPT_COST);
  const worker = new Worker(new URL(import.meta.url), { workerData: { hash, duration } });
  try {
    const [rate] = await once(worker, 'message');
    return rate;
  } finally {
    await worker.terminate();
  }
}

if (!isMainThread) {
  const { hash, duration } = workerData;
  const task = { password: PASSWORD, hash, startBy: Number.POSITIVE_INFINITY };
  check(task); // the first one compiles
  const started = performance.now();
  let checks = 0;
  for (; performance.now() - started < duration; checks++) {
    if (check(task) !== true) throw new Error('the password does not fit');
  }
  parentPort?.postMessage((1000 * checks) / (performance.now() - started));
}
