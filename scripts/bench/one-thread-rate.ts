import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { hashSync } from 'bcryptjs';
import { BCRYPT_COST, PASSWORD } from './fill-database.ts';
import type { OneThreadTask } from './one-thread.ts';

const hash = hashSync(PASSWORD, BCRYPT_COST);

/** How many passwords a second one thread checks where nothing else is to be done, over `duration` ms. */
export async function oneThreadRate(duration: number): Promise<number> {
  const workerData: OneThreadTask = { password: PASSWORD, hash, duration };
  const file = new URL(`./one-thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(file, { workerData });
  try {
    const [rate] = await once(worker, 'message');
    return rate;
  } finally {
    await worker.terminate();
  }
}
