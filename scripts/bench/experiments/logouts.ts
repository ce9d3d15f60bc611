/** Logouts, in turn with single writes by the same client. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Auth } from '../../../lib/auth.ts';
import type { Db } from '../../../lib/store/mongo/database.ts';
import type { Environment } from '../environment.ts';
import { percentile } from '../generator/loops.ts';
import type { Logouts } from '../results.ts';
import { findRow } from '../rows.ts';
import { startRowServer } from '../servers.ts';
import { userId } from '../tokens.ts';
import { openFollower } from './own-follower.ts';
import { type OwnSet, startOwnSet } from './own-set.ts';

/** Servers that follow, the one that logs out among them. */
const SETUPS = [
  { followers: 1, nodes: 1 },
  { followers: 4, nodes: 3 },
];

const WARM_UP = 30;
const [COUNT, QUICK_COUNT] = [100, 30];

/** Before each write and each logout: what the last one began in the background is over by then, renewals included. */
const PAUSE = 60;

const CALLER = { ip: '192.0.2.1', userAgent: 'bench' };

export async function measureLogouts(environment: Environment) {
  const logouts: Logouts[] = [];
  for (const { followers, nodes } of SETUPS) {
    await using set = await startOwnSet(environment, nodes);
    await using others = await startFollowers(environment, set, followers - 1);
    const setup = { followers: others.count + 1, nodes };
    for (const times of await measureOn(environment, set)) logouts.push({ ...setup, ...times });
  }
  return { logouts };
}

/** Starts servers that follow, each a process of its own. */
async function startFollowers(environment: Environment, { uri }: OwnSet, count: number) {
  const pinning = { lists: undefined, description: '' };
  const own = { ...environment, databaseUri: () => uri, pinning };
  const start = () => startRowServer(findRow('following'), own);
  const servers = await Promise.all(Array.from({ length: count }, start));

  async function stop(): Promise<void> {
    await Promise.all(servers.map((server) => server.stop()));
  }
  return { count: servers.length, [Symbol.asyncDispose]: stop };
}

/** Logs out by a server in this process, which follows, too. */
async function measureOn(environment: Environment, set: OwnSet) {
  const { plan, issue } = environment;
  const count = plan.quick ? QUICK_COUNT : COUNT;
  await using follower = await openFollower(environment, set);
  const { auth, db } = follower;
  await alternate(auth, db, issue, WARM_UP);
  const { writes, known, unknown } = await alternate(auth, db, issue, count);
  const write = summarize(writes);
  return [
    { token: 'known', count, write, logout: summarize(known) },
    { token: 'unknown', count, write, logout: summarize(unknown) },
  ] as const;
}

/** Writes, logs out with a known token, and with an unknown one, in turn: one at a time, and never at once after another. */
async function alternate(auth: Auth, db: Db, issue: Environment['issue'], rounds: number) {
  const documents = db.collection<{ _id: string; count: number }>('bench_writes');
  const _id = randomUUID();
  await documents.insertOne({ _id, count: 0 });
  const writeConcern = { w: 'majority', j: true } as const;
  const increment = { $inc: { count: 1 } };
  const writes: number[] = [];
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < rounds; round++) {
    writes.push(await time(() => documents.updateOne({ _id }, increment, { writeConcern })));
    const [token, other] = [await issue(userId(round)), await issue(userId(round))];
    await auth.authenticate({ token }, CALLER);
    if (auth.recall(token) === undefined) throw new Error('A token is not known after its check');
    known.push(await time(() => auth.logout({ token }, CALLER)));
    unknown.push(await time(() => auth.logout({ token: other }, CALLER)));
  }
  return { writes, known, unknown };
}

async function time(perform: () => Promise<unknown>): Promise<number> {
  await sleep(PAUSE);
  const started = performance.now();
  await perform();
  return performance.now() - started;
}

function summarize(times: readonly number[]) {
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
