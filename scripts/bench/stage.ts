import { connect } from '../../lib/store/database.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import type { Cleanups } from '../dev/cleanups.ts';
import { findMongod } from '../dev/mongod/find.ts';
import { startMongod, withDatabase } from '../dev/mongod/start.ts';
import { mongodVersion } from '../dev/mongod/version.ts';
import { ownFolder } from '../dev/own-folder.ts';
import type { Report } from '../dev/progress.ts';
import { type Filling, fillDatabase } from './fill-database.ts';
import { type Generator, startGenerator } from './load/start-generator.ts';
import { findPinning, type Pinning, pin } from './pinning.ts';
import { HOT_COUNT, userId } from './population.ts';
import { type Redis, startRedis } from './redis.ts';
import { type Row, USUAL_ENTRIES } from './rows.ts';
import { type RowOptions, type ServerProcess, startServerProcess } from './server-process.ts';
import type { Surroundings } from './surroundings.ts';
import { AUDIENCE, createMint, ISSUER, type MintedToken } from './tokens.ts';

/** Everything that the servers under test need, up and filled. */
export interface Stage {
  readonly pinning: Pinning;
  readonly generator: Generator;
  readonly redis: Redis | undefined;
  readonly mongodVersion: string;
  readonly secret: string;
  /** One good token for each of the hot users. */
  readonly hot: readonly MintedToken[];
  /** Tokens of some of them that have been revoked. */
  readonly revoked: readonly MintedToken[];
  /** The database with so many entries in `revoked_tokens`. */
  databaseUri(entries: number): string;
  startRow(row: Row, execArgv?: readonly string[]): Promise<ServerProcess>;
  /** Lets MongoDB and the generator use all processors from now on, beside a server that does. */
  unpin(): Promise<void>;
  /**
   * How many reads MongoDB has answered so far: finds (`opcounters.query`), and aggregates, which it does
   * not count among them and which better-auth reads by.
   */
  reads(): Promise<number>;
}

/** Enough for half of the tokens of a run. */
const REVOKED_COUNT = HOT_COUNT / 2;

/** For the 10 M entries; the default of MongoDB, half of the memory, would do as well. */
const CACHE_GB = 3;

/** Starts MongoDB, Redis and the generator, and fills a database for each number of entries. */
export async function setStage(
  entries: ReadonlySet<number>,
  surroundings: Surroundings,
): Promise<Stage> {
  const { report, cleanups } = surroundings;
  const pinning = await findPinning();
  report.note(`Pinning: ${pinning.description}`);
  await pin(pinning, process.pid, 'others');
  const tokens = await makeTokens();
  const { uri, pid, version } = await openMongod(surroundings);
  const databaseUri = (count: number) => withDatabase(uri, `bench_${count}`);
  await pin(pinning, process.pid, 'server'); // idle while the databases are filled
  for (const count of entries) {
    await fill(databaseUri(count), { entries: count, revoked: tokens.revoked }, report);
  }
  await pin(pinning, process.pid, 'others');
  const redis = await openRedis(tokens.revoked, report, cleanups);
  const generator = await startGenerator(pinning);
  cleanups.add(generator.stop);
  const { db, close } = connect(uri);
  cleanups.add(close);
  const stage = { ...tokens, pinning, generator, redis, mongodVersion: version, databaseUri };
  let freshDatabases = 0;
  return {
    ...stage,
    async startRow(row, execArgv) {
      const fresh = withDatabase(uri, `bench_fresh_${freshDatabases++}`);
      const mongodbUri = row.ownSessions ? fresh : databaseUri(row.entries);
      const options = rowOptions(row, stage, mongodbUri);
      const server = await startServerProcess(row, options, pinning, execArgv);
      cleanups.add(server.stop);
      return server;
    },
    async unpin() {
      for (const other of [pid, generator.pid]) await pin(pinning, other, 'all');
    },
    async reads() {
      const { opcounters, metrics } = await db.admin().command({ serverStatus: 1 });
      return opcounters.query + metrics.commands.aggregate.total;
    },
  };
}

async function makeTokens() {
  const secret = generateSecret();
  const mint = await createMint(secret);
  const hot = Array.from({ length: HOT_COUNT }, (_, number) => mint(userId(number)));
  const revoked = hot.slice(0, REVOKED_COUNT).map((token) => mint(token.userId));
  return { secret, hot, revoked };
}

function rowOptions(
  { userLoad, form, checks }: Row,
  { redis, secret }: Pick<Stage, 'redis' | 'secret'>,
  mongodbUri: string,
): RowOptions {
  const redisUrl = redis?.url ?? null;
  const common = { mongodbUri, redisUrl, secret, issuer: ISSUER, audience: AUDIENCE };
  return { ...common, userLoad, checks, ...(form && { form }) };
}

async function openMongod({ report, cleanups, fail }: Surroundings) {
  const binary = await findMongod(process.env, report);
  const version = await mongodVersion(binary, process.env);
  const dataFolder = await ownFolder('rescind-bench-');
  const starting = startMongod({
    binary,
    dataFolder,
    cacheSize: CACHE_GB,
    args: ['--oplogSize', '990'],
  });
  cleanups.add(async () => (await starting).stop());
  const { uri, pid, ended } = await report.step('Starting MongoDB', () => starting);
  void ended.then((how) => fail(new Error(`MongoDB has ended by itself: ${how}`)));
  return { uri, pid, version };
}

function fill(uri: string, filling: Filling, report: Report): Promise<void> {
  const count = filling.entries.toLocaleString('en');
  return report.step(`Filling a database with ${count} entries`, (detail) =>
    fillDatabase(uri, filling, detail),
  );
}

async function openRedis(revoked: readonly MintedToken[], report: Report, cleanups: Cleanups) {
  const redis = await startRedis();
  if (redis === undefined) return undefined;
  cleanups.add(redis.stop);
  const keys = USUAL_ENTRIES.toLocaleString('en');
  await report.step(`Filling Redis with ${keys} keys`, () => redis.fill(revoked));
  return redis;
}
