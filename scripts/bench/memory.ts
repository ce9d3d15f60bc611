/** How much memory remembered tokens take in the server process, and that it is bounded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collected, unlessFailed } from './collected.ts';
import type { Plan } from './plan.ts';
import { makeHotPools } from './pools.ts';
import type { MemoryReading } from './results.ts';
import { ROWS } from './rows.ts';
import type { ServerProcess } from './server-process.ts';
import type { Stage } from './stage.ts';
import { keepBusy } from './started-row.ts';
import type { Step } from './step.ts';

/** A use of them all ends when there are none left, long before this many milliseconds. */
const LONGEST = 600_000;
/** Long enough that the heap has grown to what the traffic alone makes of it. */
const WARM_UP = 10_000;
const COLLECTIONS = 6;
const PAUSE = 500;

export function memorySteps(stage: Stage, plan: Plan, collected: Collected): readonly Step[] {
  if (plan.quick) return []; // 100,000 tokens used twice take a minute
  const counts = [10_000, 100_000, 300_000];
  return [
    {
      title: `memory of ${counts.map((count) => count.toLocaleString('en')).join(', ')} tokens`,
      seconds: 30 + (2 * (counts.at(-1) ?? 0)) / 6_000,
      perform: () =>
        unlessFailed(collected, 'memory', async () => {
          collected.memory.push(...(await readMemory(stage, counts)));
        }),
    },
  ];
}

/** One server, which sees more and more tokens. */
async function readMemory(stage: Stage, counts: readonly number[]): Promise<MemoryReading[]> {
  const row = ROWS.find(({ id }) => id === 'strict');
  if (row === undefined) throw new Error('there is no row strict');
  await makeHotPools(stage);
  const server = await stage.startRow(row, ['--expose-gc']);
  try {
    await keepBusy(server, stage, WARM_UP, { pool: 'hot', order: 'random' });
    const readings = [await read(server, 0)];
    for (const count of counts) {
      await useNewTokens(stage, server, count - (readings.at(-1)?.tokens ?? 0));
      readings.push(await read(server, count));
    }
    return readings;
  } finally {
    await server.stop();
  }
}

/** Each of them twice: a token may be remembered only when it comes again. */
async function useNewTokens(stage: Stage, server: ServerProcess, count: number): Promise<void> {
  const mint = { secret: stage.secret, count };
  await stage.generator.makePool({ pool: 'memory', mint });
  for (const _ of ['first', 'second']) {
    await keepBusy(server, stage, LONGEST, { pool: 'memory', order: 'once' });
  }
}

/** Each question collects garbage first; the pages it leaves empty go back to the system only after some more. */
async function read(server: ServerProcess, tokens: number): Promise<MemoryReading> {
  for (let collection = 1; collection < COLLECTIONS; collection++) {
    await server.usage();
    await sleep(PAUSE);
  }
  const { rss, heapUsed, external } = (await server.usage()).memory;
  return { tokens, rss, heapUsed, external };
}
