import { connect } from '../../lib/store/mongo/database.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { findMongod } from '../dev/mongod/find.ts';
import { startMongod, withDatabase } from '../dev/mongod/start.ts';
import { mongodVersion } from '../dev/mongod/version.ts';
import { ownFolder } from '../dev/own-folder.ts';
import type { Report } from '../dev/progress.ts';
import { fillDatabase } from './fill-database.ts';
import type { Plan } from './plan.ts';
import { findPinning, pin, startGenerator } from './processes.ts';
import { listCommands, openRedis } from './redis.ts';
import { USUAL_ENTRIES } from './rows.ts';
import { createIssuer, HOT_COUNT, userIds } from './tokens.ts';

/** The plan, running processes and filled databases: everything that a measurement needs. */
export type Environment = Awaited<ReturnType<typeof openEnvironment>>;

/** Cache of MongoDB for the 10 M entries; its default, half of the memory, would do as well. */
const CACHE_GB = 3;

/**
 * Starts MongoDB, Redis and the generator, and fills a database for each number of entries. All end with this
 * process: nothing of them is kept.
 */
export async function openEnvironment(plan: Plan, report: Report) {
  const pinning = await findPinning();
  report.note(`Pinning: ${pinning.description}`);
  await pin(pinning, process.pid, 'others');
  const tokens = await createTokens();
  const mongod = await openMongod(report);
  const { db } = connect(mongod.uri, { deadline: 10 * MINUTE });
  const openDatabase = (entries: number) => db.client.db(`bench_${entries}`);
  const databaseUri = (name: number | string) => withDatabase(mongod.uri, `bench_${name}`);
  const entries = new Set([USUAL_ENTRIES, ...plan.rows.map((row) => row.entries)]);
  await pin(pinning, process.pid, 'server'); // idle while the databases are filled
  for (const count of entries) {
    const title = `Filling a database with ${count.toLocaleString('en')} entries`;
    const fill = fillDatabase.bind(undefined, openDatabase(count), count, tokens.revoked);
    await report.step(title, fill);
  }
  await pin(pinning, process.pid, 'others');
  const redis = await openRedis(listCommands(tokens.revoked), report);
  const generator = startGenerator(pinning);

  /** Lets MongoDB and the generator use all processors from now on. */
  async function unpin(): Promise<void> {
    for (const { pid } of [mongod, generator]) await pin(pinning, pid, 'all');
  }

  /** Counts the reads MongoDB has answered: finds, and aggregates, by which better-auth reads. */
  async function countReads(): Promise<number> {
    const { opcounters, metrics } = await db.admin().command({ serverStatus: 1 });
    return opcounters.query + metrics.commands.aggregate.total;
  }

  const processes = { pinning, redis, generator, mongodVersion: mongod.version };
  return { plan, entries, ...processes, ...tokens, openDatabase, databaseUri, unpin, countReads };
}

/** Issues one good token for each of the hot users, and tokens of half of them that are revoked. */
async function createTokens() {
  const secret = generateSecret();
  const issue = await createIssuer(secret);
  const hot = await Promise.all(userIds(HOT_COUNT).map(issue));
  const revoked = await Promise.all(userIds(HOT_COUNT / 2).map(issue));
  return { secret, hot, revoked };
}

async function openMongod(report: Report) {
  const binary = await findMongod(process.env, report);
  const version = await mongodVersion(binary, process.env);
  const dataFolder = await ownFolder('rescind-bench-');
  const options = { binary, dataFolder, cacheSize: CACHE_GB, args: ['--oplogSize', '990'] };
  const { uri, pid, ended } = await report.step('Starting MongoDB', () => startMongod(options));
  void ended.then((how) => {
    report.warn(`MongoDB has ended by itself: ${how}`);
    process.exit(EXIT.failed);
  });
  return { uri, pid, version };
}
