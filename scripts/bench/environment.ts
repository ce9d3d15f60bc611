import { connect } from '../../lib/store/mongo/database.ts';
import { MINUTE } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { findMongod } from '../dev/mongod/find.ts';
import { startMongod, withDatabase } from '../dev/mongod/start.ts';
import { ownFolder } from '../dev/own-folder.ts';
import type { Report } from '../dev/progress.ts';
import { fillDatabase } from './fill-database.ts';
import { authorize, introspectRequest } from './generator/requests.ts';
import type { Plan } from './plan.ts';
import { findPinning, pin } from './processes.ts';
import { listCommands, openRedis } from './redis.ts';
import { isCold, USUAL_ENTRIES } from './rows.ts';
import { createClient, createIssuer, HOT_COUNT, issueTokens } from './tokens.ts';

/** The plan, running processes and filled databases: everything that a measurement needs. */
export type Environment = Awaited<ReturnType<typeof openEnvironment>>;

/** Cache of MongoDB for the 10 M entries; its default, half of the memory, would do as well. */
const CACHE_GB = 3;

/** More requests a second than any server does on average: a measurement with new tokens ends with them. */
const NEW_PER_SECOND = 15_000;

/** Starts MongoDB and Redis, which end with this process, and fills a database for each number of entries. */
export async function openEnvironment(plan: Plan, report: Report) {
  const pinning = await findPinning();
  report.note(`Pinning: ${pinning.description}`);
  await pin(pinning, process.pid, 'others');
  const tokens = await report.step('Making tokens', () => createTokens(plan));
  const binary = await findMongod(process.env, report);
  const mongod = await openMongod(binary, report);
  const { db } = connect(mongod.uri, { deadline: 10 * MINUTE });
  const openDatabase = (entries: number) => db.client.db(`bench_${entries}`);
  const databaseUri = (name: number | string) => withDatabase(mongod.uri, `bench_${name}`);
  const pinBoth = async (processors: 'others' | 'all') => {
    for (const pid of [mongod.pid, process.pid]) await pin(pinning, pid, processors);
  };
  const entries = new Set([USUAL_ENTRIES, ...plan.rows.map((row) => row.entries)]);
  await pinBoth('all'); // no server runs while the databases are filled
  for (const count of entries) {
    const title = `Filling a database with ${count.toLocaleString('en')} entries`;
    const db = openDatabase(count);
    await report.step(title, (detail) => fillDatabase(db, { ...tokens, entries: count }, detail));
  }
  await pinBoth('others');
  const redis = await openRedis(listCommands(tokens.revoked), report);

  /** Lets MongoDB and the load generator use all processors from now on. */
  const unpin = () => pinBoth('all');

  /** Counts what MongoDB has answered: finds and aggregates (better-auth reads by these), getMores, and writes. */
  async function countCommands() {
    const { opcounters, metrics } = await db.admin().command({ serverStatus: 1 });
    return {
      reads: opcounters.query + metrics.commands.aggregate.total,
      getMores: opcounters.getmore,
      writes: opcounters.insert + opcounters.update + opcounters.delete,
    };
  }

  const { version: mongodVersion } = await db.admin().serverInfo();
  const databases = { entries, openDatabase, databaseUri, countCommands, mongodVersion };
  return { plan, ...tokens, pinning, redis, ...databases, binary, unpin };
}

/**
 * Issues one good token for each of the hot users, tokens of half of them that are revoked, and as many new ones
 * as the measures of one server can use up. Makes the requests of each pattern.
 */
async function createTokens({ rows, experiments, coldWarmUp, leadIn, duration }: Plan) {
  const secret = generateSecret();
  const issue = await createIssuer(secret);
  const hot = await issueTokens(issue, HOT_COUNT);
  const revoked = await issueTokens(issue, HOT_COUNT / 2);
  const hasCold =
    experiments.includes('profile') || rows.some(({ measures }) => measures.some(isCold));
  const seconds = hasCold ? (coldWarmUp + leadIn + duration) / 1000 : 0;
  const cold = await issueTokens(issue, NEW_PER_SECOND * seconds);
  const client = createClient();
  const introspection = hot.map((token) => introspectRequest(client, token));
  const requests = { hot: authorize(hot), cold: authorize(cold), introspection };
  return { secret, issue, hot, revoked, client, requests };
}

async function openMongod(binary: string, report: Report) {
  const dataFolder = await ownFolder('rescind-bench-');
  const options = { binary, dataFolder, cacheSize: CACHE_GB, args: ['--oplogSize', '990'] };
  const mongod = await report.step('Starting MongoDB', () => startMongod(options));
  void mongod.ended.then((how) => {
    report.warn(`MongoDB ended unexpectedly: ${how}`);
    process.exit(EXIT.failed);
  });
  return mongod;
}
