/** Memory of remembered tokens in the server process, and disk space of entries in the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import type { Environment } from '../environment.ts';
import { authorize, once, randomly } from '../generator/requests.ts';
import { keepBusy } from '../measurement.ts';
import { findRow } from '../rows.ts';
import { type RowServer, startRowServer } from '../servers.ts';
import { issueTokens } from '../tokens.ts';

/** The second is more than the server remembers: its memory is bounded. */
const TOKEN_COUNTS = [100_000, 200_000];

/** Time limit for using a set of tokens up, which ends long before, in milliseconds. */
const LONGEST = 600_000;
/** Long enough for the heap to grow as the traffic alone lets it. */
const WARM_UP = 5_000;
const COLLECTIONS = 6;
const PAUSE = 500;

/** Reads the memory of one server that follows, as it is sent more and more tokens. */
export async function measureMemory(environment: Environment) {
  const { requests, issue } = environment;
  await using server = await startRowServer(findRow('following'), environment, ['--expose-gc']);
  await keepBusy(server.port, randomly(requests.hot), WARM_UP);
  const knownTokens = [await readUsage(server, 0)];
  for (const tokens of TOKEN_COUNTS) {
    const used = knownTokens.at(-1)?.tokens ?? 0;
    const fresh = authorize(await issueTokens(issue, tokens - used));
    await keepBusy(server.port, once(fresh), LONGEST);
    knownTokens.push(await readUsage(server, tokens));
  }
  return { knownTokens };
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

export async function measureStorage({ entries, openDatabase }: Environment) {
  const read = async (count: number) => {
    const stats = await openDatabase(count).command({ collStats: NAMES.revokedTokens });
    const { size: data, storageSize: disk, indexSizes: indexes } = stats;
    return { entries: stats['count'], data, disk, indexes };
  };
  return { storage: await Promise.all([...entries].map(read)) };
}
