/** Memory of remembered tokens in the server process, and disk space of entries in the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../lib/store/mongo/database.ts';
import type { Environment } from '../environment.ts';
import { keepBusy, makeHotSets } from '../measurement.ts';
import { ROWS, type Row } from '../rows.ts';
import { type RowServer, startRowServer, withServer } from '../servers.ts';
import type { Task } from '../tasks.ts';

const TOKEN_COUNTS = [10_000, 100_000, 300_000];

/** Time limit for using a set of tokens up, which ends long before, in milliseconds. */
const LONGEST = 600_000;
/** Long enough for the heap to grow as the traffic alone lets it. */
const WARM_UP = 10_000;
const COLLECTIONS = 6;
const PAUSE = 500;

export function listMemoryTasks(environment: Environment): readonly Task[] {
  const counts = TOKEN_COUNTS.map((count) => count.toLocaleString('en')).join(', ');
  const perform = async () => ({ memory: await readMemory(environment) });
  return [{ id: 'memory', title: `memory of ${counts} tokens`, seconds: 130, perform }];
}

/** Reads the memory of one server as it is sent more and more tokens. */
async function readMemory(environment: Environment) {
  const { generator, secret } = environment;
  await makeHotSets(environment);
  const strict = ROWS.find(({ id }) => id === 'strict') as Row;
  const starting = startRowServer(strict, environment, ['--expose-gc']);
  return withServer(starting, environment, async (server) => {
    await keepBusy(environment, server.port, WARM_UP, 'hot');
    const readings = [await readUsage(server, 0)];
    for (const [index, tokens] of TOKEN_COUNTS.entries()) {
      const count = tokens - (TOKEN_COUNTS[index - 1] ?? 0);
      await generator.makeSet({ set: 'memory', issue: { secret, count } });
      // Each token twice: it may be remembered only when it comes again.
      await keepBusy(environment, server.port, LONGEST, 'memory', 'once');
      await keepBusy(environment, server.port, LONGEST, 'memory', 'once');
      readings.push(await readUsage(server, tokens));
    }
    return readings;
  });
}

/** Reads several times: each reading collects garbage, and empty pages return to the system only later. */
async function readUsage({ usage }: RowServer, tokens: number) {
  for (let collection = 1; collection < COLLECTIONS; collection++) {
    await usage();
    await sleep(PAUSE);
  }
  const { rss, heapUsed, external } = (await usage()).memory;
  return { tokens, rss, heapUsed, external };
}

export function listStorageTasks({ entries, databaseUri }: Environment): readonly Task[] {
  const read = async (count: number) => {
    const { db, close } = connect(databaseUri(count));
    const stats = await db.command({ collStats: 'revoked_tokens' }).finally(close);
    const { size: data, storageSize: disk, indexSizes: indexes } = stats;
    return { entries: stats['count'], data, disk, indexes };
  };
  const perform = async () => ({ storage: await Promise.all([...entries].map(read)) });
  return [{ id: 'storage', title: 'reading the size of the databases', seconds: 1, perform }];
}
