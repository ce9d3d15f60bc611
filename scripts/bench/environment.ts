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
import { authorize } from './generator/requests.ts';
import type { Plan } from './plan.ts';
import { findPinning, pin } from './processes.ts';
import { listCommands, openRedis } from './redis.ts';
import { isCold, USUAL_ENTRIES } from './rows.ts';
import { createIssuer, HOT_COUNT, issueTokens } from './tokens.ts';

/** The plan, running processes and filled databases: everything that a measurement needs. */
export type Environment = Awaited<ReturnType<typeof openEnvironment>>;

/** Cache of MongoDB for the 10 M entries; its default, half of the memory, would do as well. */
const CACHE_GB = 3;

/** More requests a second than any server does on average: a measurement with new tokens ends with them. */
const NEW_PER_SECOND = 15_000;

/**
 * Starts MongoDB and Redis, and fills a database for each number of entries. All end with this
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
  const requests = await report.step('Making requests', () => makeRequests(plan, tokens));

  /** Lets MongoDB and the load generator use all processors from now on. */
  async function unpin(): Promise<void> {
    for (const pid of [mongod.pid, process.pid]) await pin(pinning, pid, 'all');
  }

  /** Counts the reads MongoDB has answered: finds, and aggregates, by which better-auth reads. */
  async function countReads(): Promise<number> {
    const { opcounters, metrics } = await db.admin().command({ serverStatus: 1 });
    return opcounters.query + metrics.commands.aggregate.total;
  }

  const running = { pinning, redis, mongodVersion: mongod.version };
  const databases = { entries, openDatabase, databaseUri, countReads };
  return { plan, ...tokens, requests, ...running, ...databases, unpin };
}

/** Issues one good token for each of the hot users, and tokens of half of them that are revoked. */
async function createTokens() {
  const secret = generateSecret();
  const issue = await createIssuer(secret);
  const hot = await issueTokens(issue, HOT_COUNT);
  const revoked = await issueTokens(issue, HOT_COUNT / 2);
  return { secret, issue, hot, revoked };
}

/** Makes the requests of each pattern; new tokens as many as the measures of one server can use up. */
async function makeRequests(plan: Plan, tokens: Awaited<ReturnType<typeof createTokens>>) {
  const [hot, revoked] = [authorize(tokens.hot), authorize(tokens.revoked, 401)];
  const mix = (count: number) => [...hot.slice(count), ...revoked.slice(0, count)];
  const most = Math.max(0, ...plan.rows.map(({ measures }) => measures.filter(isCold).length));
  const seconds = (plan.coldWarmUp + most * (plan.leadIn + plan.duration)) / 1000;
  const cold = await issueTokens(tokens.issue, most === 0 ? 0 : NEW_PER_SECOND * seconds);
  const shares = { '1 % revoked': mix(HOT_COUNT / 100), '50 % revoked': mix(HOT_COUNT / 2) };
  return { hot, cold: authorize(cold), ...shares };
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
